/**
 * What Moby had in sight in a conversation that is not its owner's word, for whoever reads what he wrote there. Told by what is on
 * disk: whose turns there were, what came with them, and which tools answered. A tool that nobody here knows counts as a page.
 */
import type { SkillMark } from '@mobyclaw/protocol/skill';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';

const MOST_TURNS = 50; // that a model has in sight, roughly; older ones are a summary

/** Tools whose results are the owner's own, or Moby's. */
const OWN =
  /^(memory_|schedule_|skill_|message_send$|file_send$|channel_list$|now$|forget_propose$|read_skill$|think$|user_prompt$|(create|update|list)_todos?$|(write|edit)_file$|(create|list|remove)_directory$|directory_tree$|transfer_task$|handoff$)/;

/** @param turn that runs @returns in a fixed order; none where all of it is the owner's */
export function skillMarks(store: Store, session: string, turn: string | undefined): SkillMark[] {
  const running = turn === undefined ? null : store.turns.find(turn);
  const turns = [...store.turns.recent(session, MOST_TURNS), ...(running ? [running] : [])];
  const marks: Record<SkillMark, boolean> = {
    guest: turns.some(({ guest }) => guest === true),
    webhook: turns.some(({ confined, source }) => confined === true || source === 'webhook'),
    page: turns.some((row) => hasForeign(store, row)),
  };
  return (Object.keys(marks) as SkillMark[]).filter((mark) => marks[mark]);
}

/** Files, what was forwarded or is answered to, what others read in a group; a note of its own says that something was spoken. */
function hasForeign(store: Store, { seq, attachments, notes = [], spoken }: TurnRow): boolean {
  if (attachments.length > 0 || notes.length > (spoken ? 1 : 0)) return true;
  return store.events.ofType(seq, 'tool').some(({ name }) => !OWN.test(name));
}
