/** What a person is told of a message that did not arrive, or perhaps not: in the chat, since nobody there sees the log. */
import { plainFileName } from '@mobyclaw/lib/plain-name';
import { asSentence } from '@mobyclaw/lib/sentence';
import { commandSign } from '../channels/command-sign.ts';
import type { DeliveryRow, PartRow } from '../store/outbox-store.ts';

const IN_DOUBT = {
  message:
    'The line broke while I sent you a message, so I do not know whether it reached you. If something is missing, write',
  question:
    'The line broke while I asked you something, so I do not know whether it reached you. If you do not see my question, write',
};

/** @returns null where all of it arrived; a notice is not told of, so that none follows from another */
export function undeliveredNotice(
  { kind, channel, files }: Pick<DeliveryRow, 'kind' | 'channel' | 'files'>,
  parts: readonly Pick<PartRow, 'action' | 'part' | 'state' | 'error'>[],
): string | null {
  if (kind === 'notice' || kind === 'outcome') return null; // what became of a question is seen at every door
  const resend = `\`${commandSign(channel)}resend\``;
  const failed = parts.filter(({ action, state }) => state === 'failed' && action !== 'remove');
  const [first] = failed;
  if (!first) {
    const doubt = IN_DOUBT[kind === 'question' ? 'question' : 'message'];
    return parts.some(({ state }) => state === 'unknown') ? `${doubt} ${resend}.` : null;
  }
  const names = failed.flatMap(({ part }) => files[Number(part.extras?.file)]?.name ?? []);
  const what =
    names.length === failed.length ? `the file ${names.map(plainFileName).join(', ')}` : 'all of my message';
  return `I could not send you ${what}. ${asSentence(first.error ?? '')} ${resend} tries again.`;
}
