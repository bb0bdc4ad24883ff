/** Records of the journal without what is forgotten: the one time that it is written anew. */
import type { JournalRecord } from '../sources/journal-record.ts';

/** @returns the record as it may stay, null where nothing of it does, and the same one where it has nothing of it */
export function withoutMentions(
  record: JournalRecord,
  goes: (line: string) => boolean,
): JournalRecord | null {
  if (record.op !== 'change') return record;
  const { said, sender, ...rest } = record;
  const wrote = record.wrote
    .filter(({ line }) => !goes(line))
    .map((one) => (one.was !== undefined && goes(one.was) ? { line: one.line } : one));
  const removed = record.removed.filter((line) => !goes(line));
  const after: JournalRecord = {
    ...rest,
    ...(said === undefined || goes(said) ? {} : { said }),
    ...(sender === undefined || goes(sender) ? {} : { sender }),
    wrote,
    removed,
  };
  if (wrote.length === 0 && removed.length === 0 && record.wrote.length + record.removed.length > 0)
    return null;
  return JSON.stringify(after).length === JSON.stringify(record).length ? record : after;
}

/** Keys of conversations and persons, as the journal has them. */
export function isFrom(
  record: JournalRecord,
  { conversation, person = [] }: { conversation: readonly string[]; person?: readonly string[] },
): boolean {
  if (record.op !== 'change') return false;
  const { session, sender } = record;
  if (session !== undefined && conversation.includes(session)) return true;
  return sender !== undefined && person.some((id) => sender.endsWith(`(${id})`));
}
