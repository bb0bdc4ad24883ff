/**
 * Accounts for every question: answered at most once, no tool without a grant, none asked twice for one call, none left
 * hanging.
 */
import type { Question } from '@mobyclaw/protocol/question';
import type { Execution } from '@mobyclaw/testkit/fake-agent/accounts';
import type { Client } from './client.ts';
import type { Owner } from './owner.ts';

const SLACK_MS = 15_000; // of the end of a question's time, in which the gateway may have been down

export interface QuestionVerdict {
  asked: number;
  byState: Record<string, number>;
  answersTaken: number;
  violations: string[];
}

/** @param questions all there are @param executions what really ran at the agent */
export function judgeQuestions(
  questions: readonly Question[],
  owner: Owner,
  clients: readonly Client[],
  executions: readonly Execution[],
): QuestionVerdict {
  const violations = [...owner.complaints];
  const byId = new Map(questions.map((question) => [question.id, question]));
  for (const [id, taken] of Map.groupBy(owner.taken, ({ question }) => question)) {
    if (taken.length > 1) violations.push(`question ${id} took ${taken.length} answers`);
    const stored = byId.get(id);
    if (stored?.state !== 'answered' || stored.answer?.option !== taken[0]?.option)
      violations.push(`question ${id} took ${taken[0]?.option}, and is ${JSON.stringify(stored)}`);
  }
  const byTurn = Map.groupBy(questions, ({ turn }) => turn);
  for (const client of clients) {
    const [turn = ''] = client.turns;
    if (!client.prompt.text.includes('confirm')) continue;
    const asked = byTurn.get(turn) ?? [];
    const ran = executions.filter((one) => one.turn === turn);
    const story = (what: string): string =>
      `${client.prompt.key}, turn ${turn} (${client.prompt.text}): ${what}\n${asked.map((one) => `    ${JSON.stringify(one)}`).join('\n')}`;
    for (const [tool, calls] of Map.groupBy(ran, (one) => one.tool)) {
      const grants = asked.filter(
        ({ details, answer }) =>
          details.tool === tool && (answer?.option === 'once' || answer?.option === 'turn'),
      );
      if (calls.length > grants.length)
        violations.push(story(`${tool} ran ${calls.length} times with ${grants.length} grants`));
    }
    for (const [tool, same] of Map.groupBy(asked, ({ details }) => String(details.tool))) {
      const again = same.slice(1).filter(({ text }) => !text.includes('may have run already'));
      if (again.length > 0) violations.push(story(`${tool} was asked about ${same.length} times`));
    }
  }
  for (const { id, state, expiresAt, answer } of questions) {
    if (state === 'open') violations.push(`question ${id} is left hanging`);
    if (answer && Date.parse(answer.at) > Date.parse(expiresAt) + SLACK_MS)
      violations.push(`question ${id} was answered after its time`);
  }
  return {
    asked: questions.length,
    byState: count(questions.map(({ state }) => state)),
    answersTaken: owner.taken.length,
    violations,
  };
}

function count(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
