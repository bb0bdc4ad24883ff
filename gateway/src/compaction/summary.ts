/**
 * Makes the summary that takes the place of a part of a conversation, out of the summary before and the exchanges, in pieces that
 * fit; and sees to it that no name, number, link or path of them is lost. Where no model can be had, there is one made by program.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { charsWithin, estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { Permissions } from '@mobyclaw/protocol/cagent';
import { AgentError } from '../agent/agent-error.ts';
import { missingWords } from './exact-words.ts';
import { type AskerOf, inPieces, type Said, said } from './exchanges.ts';
import type { HiddenTurns } from './hidden-turns.ts';
import { summaryPrompt } from './prompts.ts';
import type { SideSessions } from './side-sessions.ts';
import type { Upkeeper } from './upkeeper.ts';

/** Whatever a model calls is refused, since nobody is asked in upkeep. */
export const NO_TOOLS: Permissions = { ask: ['*'] };
const EXACT_SHARE = 0.4; // of the room, for words that the model left out
const TOKENS_A_WORD = 1.4;
const ALSO = '## Also named';

export interface SummaryTask {
  session: string;
  /** Of soul.yaml, that the conversation was held with; null: root. */
  agent: string | null;
  after: number;
  upto: number;
  wish: string | null;
}

export interface SummariesOptions {
  upkeep: Upkeeper;
  hidden: HiddenTurns;
  sessions: SideSessions;
  askerOf: AskerOf;
}

export class Summaries {
  readonly #options: SummariesOptions;

  constructor(options: SummariesOptions) {
    this.#options = options;
  }

  /** @throws AgentError where the model gave none */
  async make(task: SummaryTask, signal: AbortSignal): Promise<string> {
    const { upkeep, hidden, sessions } = this.#options;
    const { session, agent, wish } = task;
    const { summary: room, piece } = upkeep.room(session);
    let before = upkeep.store.compactions.summary(session)?.text ?? null;
    const messages = this.#said(task);
    for (const { text } of inPieces(messages, Math.max(200, piece - room))) {
      const answer = await sessions.with(session, NO_TOOLS, (agentSession) =>
        hidden.ask({
          session,
          agentSession,
          agentName: agent,
          asker: messages[0]?.asker ?? 'owner',
          upkeep: 'nothing',
          text: (turn) =>
            summaryPrompt(upkeep.head(turn, session), {
              before: before === null ? null : withoutAlso(before),
              text,
              wish,
              words: Math.round(room / TOKENS_A_WORD),
            }),
          signal,
        }),
      );
      if (answer.text.trim() === '') throw new AgentError('agent_failed', 'The model gave an empty summary.');
      before = completed(answer.text, `${before ?? ''}\n${text}`, room);
    }
    return before ?? '';
  }

  /** Without a model: how each message begins, the newest first, as many as there is room for. */
  byProgram(task: SummaryTask): string {
    const { upkeep } = this.#options;
    const { summary: room } = upkeep.room(task.session);
    const before = upkeep.store.compactions.summary(task.session)?.text ?? '';
    const messages = this.#said(task);
    const lines: string[] = [];
    let left = room * (1 - EXACT_SHARE) - estimateTokens(withoutAlso(before));
    for (const { role, text } of messages.toReversed()) {
      const line = `- ${role === 'user' ? 'person' : 'you'}: ${cutText(text.replace(/\s+/g, ' ').trim(), 160)}`;
      left -= estimateTokens(line);
      if (left < 0) break;
      lines.unshift(line);
    }
    const said = messages.map(({ text }) => text).join('\n');
    return completed([withoutAlso(before), ...lines].join('\n').trim(), `${before}\n${said}`, room);
  }

  #said({ session, after, upto }: SummaryTask): Said[] {
    const { upkeep, askerOf } = this.#options;
    return said(upkeep.store, session, { after, upto }, askerOf);
  }
}

/** A summary within its room, with the words of the original that it lacks. */
function completed(answer: string, from: string, room: number): string {
  const exact = Math.round(room * EXACT_SHARE);
  const text = answer.trim();
  const bounded = cutText(text, charsWithin(text, room));
  const missing = missingWords(from, bounded, exact);
  return missing.length === 0 ? bounded : `${bounded}\n${ALSO}\n${missing.join(' · ')}`;
}

function withoutAlso(summary: string): string {
  const at = summary.indexOf(`\n${ALSO}`);
  return at === -1 ? summary : summary.slice(0, at);
}
