/**
 * Accounts for every prompt: what its client saw, what the gateway has in its history, and what really ran at the agent.
 * Nothing is forgiven but what the design says: a turn that was cut off three times is told as failed.
 */
import type { Question } from '@mobyclaw/protocol/question';
import type { MessageView } from '@mobyclaw/protocol/session';
import type { TurnView } from '@mobyclaw/protocol/turn';
import {
  type Execution,
  type RunRecord,
  readExecutions,
  readRuns,
} from '@mobyclaw/testkit/fake-agent/accounts';
import { MAX_ITERATIONS_TEXT } from '@mobyclaw/testkit/fake-agent/run';
import type { Address, Client } from './client.ts';
import { sendForJson } from './http.ts';
import type { Owner } from './owner.ts';
import { judgeQuestions, type QuestionVerdict } from './question-judge.ts';

const MOST_QUESTIONS = 500; // of one conversation, at one time

export interface Verdict {
  prompts: number;
  done: number;
  /** Told failures by their code. */
  failed: Record<string, number>;
  /** Runs at the agent, and those beyond one a turn. */
  runs: number;
  repeatedRuns: number;
  executions: number;
  /** Tools that ran twice for one turn. */
  doubleActions: number;
  questions: Omit<QuestionVerdict, 'violations'>;
  violations: string[];
}

interface Evidence {
  messages: MessageView[];
  turn: TurnView | null;
  runs: RunRecord[];
  executions: Execution[];
  /** Nobody allowed it more rounds in time, because the gateway was down. */
  stopped: boolean;
}

/** @param agentFolder where the fake agent keeps its accounts */
export async function judge(
  clients: readonly Client[],
  owner: Owner,
  address: Address,
  agentFolder: string,
): Promise<Verdict> {
  const runs = readRuns(agentFolder);
  const executions = readExecutions(agentFolder);
  const runsByTurn = Map.groupBy(runs, ({ turn }) => turn);
  const executionsByTurn = Map.groupBy(executions, ({ turn }) => turn);
  const history = await readHistory(clients, address);
  const asked = await readQuestions(clients, address);
  const questions = judgeQuestions(asked, owner, clients, executions);
  const outOfRounds = asked.filter(({ kind, state }) => kind === 'rounds' && state === 'expired');
  const stopped = new Set(outOfRounds.map(({ turn }) => turn));
  const verdict: Verdict = {
    prompts: clients.length,
    done: 0,
    failed: {},
    runs: runs.length,
    repeatedRuns: 0,
    executions: executions.length,
    doubleActions: 0,
    questions: { asked: questions.asked, byState: questions.byState, answersTaken: questions.answersTaken },
    violations: questions.violations,
  };
  const turnsBySession = new Map<string, TurnView[]>();
  const knownTurns = new Set<string>();
  for (const client of clients) {
    const [id = ''] = client.turns;
    knownTurns.add(id);
    const evidence: Evidence = {
      messages: history.get(id) ?? [],
      turn: id === '' ? null : await readTurn(address, id),
      runs: runsByTurn.get(id) ?? [],
      executions: executionsByTurn.get(id) ?? [],
      stopped: stopped.has(id),
    };
    if (evidence.turn) {
      const { session } = client.prompt;
      turnsBySession.set(session, [...(turnsBySession.get(session) ?? []), evidence.turn]);
    }
    const doubles = doubleActions(evidence.executions);
    verdict.doubleActions += doubles.length;
    verdict.repeatedRuns += Math.max(0, evidence.runs.length - 1);
    const [ending] = client.endings;
    if (ending?.type === 'done') verdict.done++;
    if (ending?.type === 'error') verdict.failed[ending.code] = (verdict.failed[ending.code] ?? 0) + 1;
    const faults = [...faultsOf(client, evidence), ...doubles.map((tool) => `tool ${tool} acted twice`)];
    if (faults.length > 0) verdict.violations.push(story(client, evidence, faults));
  }
  for (const id of history.keys()) {
    if (id !== '' && !knownTurns.has(id)) verdict.violations.push(`turn ${id} belongs to no prompt`);
  }
  for (const { run, session, turn, concurrent } of runs) {
    if (concurrent > 1)
      verdict.violations.push(`run ${run} of turn ${turn} overlapped on agent session ${session}`);
  }
  for (const [session, turns] of turnsBySession) verdict.violations.push(...overlaps(session, turns));
  return verdict;
}

function faultsOf(client: Client, { messages, turn, stopped }: Evidence): string[] {
  const { prompt, endings, shown } = client;
  const faults = [...client.complaints];
  const [ending] = endings;
  if (client.turns.size !== 1) faults.push(`the prompt became ${client.turns.size} turns`);
  if (endings.length !== 1) faults.push(`the client saw ${endings.length} endings`);
  if (messages.filter(({ role }) => role === 'user').length !== 1)
    faults.push('the prompt is not in the history once');
  const answers = messages.filter(({ role }) => role === 'assistant');
  if (ending?.type === 'done') {
    if (ending.text !== (stopped ? MAX_ITERATIONS_TEXT : prompt.answer))
      faults.push(`the answer is wrong: ${JSON.stringify(ending.text)}`);
    if (shown !== ending.text) faults.push(`the client shows something else: ${JSON.stringify(shown)}`);
    if (answers.length !== 1 || answers[0]?.text !== ending.text)
      faults.push(`${answers.length} answers in the history`);
    if (turn?.state !== 'done') faults.push(`the turn is ${turn?.state}`);
  } else if (ending) {
    if (ending.code !== 'attempts_exhausted') faults.push(`failed with ${ending.code}`);
    if (answers.some(({ incomplete }) => incomplete !== true))
      faults.push('failed, and yet answered in the history');
    if (turn?.state !== 'failed') faults.push(`the turn is ${turn?.state}`);
  }
  return faults;
}

function doubleActions(executions: readonly Execution[]): string[] {
  const counts = Map.groupBy(executions, ({ tool }) => tool);
  return [...counts].filter(([, all]) => all.length > 1).map(([tool]) => tool);
}

/** A session's turns one after the other, in the order in which they came. */
function overlaps(session: string, turns: readonly TurnView[]): string[] {
  const faults: string[] = [];
  const inOrder = turns.toSorted((a, b) => (a.turn < b.turn ? -1 : 1));
  for (const [index, turn] of inOrder.entries()) {
    const before = inOrder[index - 1];
    if (before?.finishedAt && turn.startedAt && turn.startedAt < before.finishedAt) {
      faults.push(`${session}: ${turn.turn} started before ${before.turn} had finished`);
    }
  }
  return faults;
}

async function readHistory(
  clients: readonly Client[],
  address: Address,
): Promise<Map<string, MessageView[]>> {
  const all: MessageView[] = [];
  for (const session of new Set(clients.map(({ prompt }) => prompt.session))) {
    for (let before: number | undefined; ; ) {
      const query = `limit=1000${before === undefined ? '' : `&before=${before}`}`;
      const path = `/api/sessions/${encodeURIComponent(session)}/messages?${query}`;
      const { body } = await sendForJson({ ...address, method: 'GET', path });
      const items = (body.items ?? []) as MessageView[];
      all.push(...items);
      before = items[0]?.id;
      if (items.length < 1000) break;
    }
  }
  return Map.groupBy(all, ({ turn }) => turn);
}

/** All there are, oldest first. @throws where there may be more */
async function readQuestions(clients: readonly Client[], address: Address): Promise<Question[]> {
  const all: Question[] = [];
  for (const session of new Set(clients.map(({ prompt }) => prompt.session))) {
    const path = `/api/questions?state=all&limit=${MOST_QUESTIONS}&session=${encodeURIComponent(session)}`;
    const { body } = await sendForJson({ ...address, method: 'GET', path });
    const items = (body.items ?? []) as Question[];
    if (items.length === MOST_QUESTIONS) throw new Error(`more questions in ${session} than can be read`);
    all.push(...items.toReversed());
  }
  return all;
}

async function readTurn(address: Address, id: string): Promise<TurnView | null> {
  const { status, body } = await sendForJson({ ...address, method: 'GET', path: `/api/turns/${id}` });
  return status === 200 ? (body as unknown as TurnView) : null;
}

function story({ prompt, turns, log, events, shown }: Client, evidence: Evidence, faults: string[]): string {
  const tail = events
    .slice(-12)
    .map(({ id, type, data }) => `    ${id} ${type} ${JSON.stringify(data).slice(0, 120)}`);
  return [
    `${prompt.key} (${[...turns].join(', ') || 'no turn'}) in ${prompt.session}: "${prompt.text}", ${prompt.style}`,
    ...faults.map((fault) => `  FAULT ${fault}`),
    '  client:',
    ...log.map((line) => `    ${line}`),
    '  its last events:',
    ...tail,
    `  it shows: ${JSON.stringify(shown.slice(-200))}`,
    `  turn: ${JSON.stringify(evidence.turn)}`,
    '  runs at the agent:',
    ...evidence.runs.map(
      (run) => `    ${time(run.startedAt)} session ${run.session} ${JSON.stringify(run.prompt)}`,
    ),
    '  tools that ran:',
    ...evidence.executions.map(
      (one) => `    ${time(one.at)} ${one.tool} ${one.callId} session ${one.session}`,
    ),
    '  history:',
    ...evidence.messages.map(
      (one) => `    ${one.at.slice(11, 23)} ${one.role} ${JSON.stringify(one.text.slice(0, 100))}`,
    ),
  ].join('\n');
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
