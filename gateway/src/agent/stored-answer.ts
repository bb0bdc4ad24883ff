/**
 * The answer as the agent stored it: the truth where the stream may have told a text twice, and the only place of the
 * closing word of a run that was ended at its iteration limit.
 */
import { withoutThinking } from '@mobyclaw/lib/think-tags';
import type { StoredMessage, StoredSession } from '@mobyclaw/protocol/cagent';
import { MESSAGE_SEPARATOR } from './answer-text.ts';

type Item = StoredMessage & { implicit?: boolean };

/**
 * Messages after the last one of the user. Sub-agents' prompts are in between and marked as implicit.
 * @param later how many of the user's were put into the run after its prompt
 */
export function lastRunMessages(session: StoredSession, later = 0): StoredMessage[] {
  const items: Item[] = session.messages ?? [];
  const said = items.flatMap((item, index) =>
    item.message?.role === 'user' && item.implicit !== true ? [index] : [],
  );
  return items.slice((said.at(-1 - later) ?? -1) + 1);
}

/**
 * @param later as above @param speakers names of the agents that spoke in this session, as sub-agents' messages are stored beside theirs
 * @returns the text of the last run, or null where nothing of it is stored
 */
export function storedAnswer(
  session: StoredSession,
  speakers: ReadonlySet<string>,
  later = 0,
): string | null {
  const texts = lastRunMessages(session, later)
    .filter((item) => speakers.size === 0 || !speakerOf(item) || speakers.has(speakerOf(item)))
    .filter(({ message }) => message?.role === 'assistant')
    .map(({ message }) => withoutThinking(message.content ?? ''))
    .filter((text) => text !== '');
  return texts.length === 0 ? null : texts.join(MESSAGE_SEPARATOR);
}

/** Later versions write `agent_name`. */
function speakerOf({ agentName, agent_name }: StoredMessage): string {
  return agentName ?? agent_name ?? '';
}
