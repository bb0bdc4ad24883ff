/** Questions as the gateway has them, at the fake API: shown in a turn, fetched, answered once. */
import type { Question } from '@mobyclaw/protocol/question';
import { type ApiServer, problem, type SeenRequest, type ServerTurn } from './api-server.ts';

export const ID = '019b0000-0000-7000-8000-000000000001';

export function question(change: Partial<Question> = {}): Question {
  return {
    id: ID,
    kind: 'tool',
    state: 'open',
    turn: 'turn-1',
    session: 'cli:main',
    asker: 'owner',
    source: 'cli',
    title: 'Moby wants to use shell.',
    text: 'Moby wants to use **shell**:\n\n```sh\ngit push\n```',
    details: { tool: 'shell', args: { cmd: 'git push' }, rule: 'shell:cmd=git push' },
    options: [
      { id: 'once', label: 'Once', style: 'primary' },
      { id: 'turn', label: 'For this answer' },
      { id: 'always', label: 'Always' },
      { id: 'no', label: 'No', style: 'danger' },
    ],
    input: null,
    fallback: 'no',
    askedAt: '2026-01-01T12:00:00.000Z',
    expiresAt: '2026-01-01T12:10:00.000Z',
    chat: null,
    answer: null,
    ...change,
  };
}

export class AskedQuestions {
  readonly #questions: Question[];
  readonly answers: { id: string; body: unknown }[] = [];
  /** Called when one is answered, after it is stored. */
  onAnswer: (question: Question) => void = () => undefined;

  constructor(api: ApiServer, ...questions: Question[]) {
    this.#questions = questions;
    api.on('GET /api/questions', ({ path }) => ({
      body: { items: this.#questions.filter(({ state }) => path.includes('state=all') || state === 'open') },
    }));
    for (const { id } of questions) {
      api.on(`GET /api/questions/${id}`, () => ({ body: this.#find(id) }));
      api.on(`POST /api/questions/${id}/answer`, (request) => this.#answer(id, request));
    }
  }

  settle(id: string, outcome: string): Question {
    const asked = this.#find(id);
    Object.assign(asked, { state: 'answered', outcome });
    return asked;
  }

  #find(id: string): Question {
    const found = this.#questions.find((one) => one.id === id);
    if (!found) throw new Error(`no question ${id}`);
    return found;
  }

  #answer(id: string, { body }: SeenRequest) {
    const asked = this.#find(id);
    if (asked.state !== 'open')
      return problem(409, 'conflict', `This question is not open any more. ${asked.outcome}`);
    const { value } = body as { value?: string };
    if (value !== undefined && asked.input?.type === 'integer' && !/^\d+$/.test(value))
      return problem(422, 'validation-failed', 'Answer with a whole number.');
    this.answers.push({ id, body });
    this.settle(id, 'Allowed once by the owner in the terminal at 12:01.');
    this.onAnswer(asked);
    return { body: asked };
  }
}

/** The event that a turn tells of a question by. */
export function tell(turn: ServerTurn, { id, kind, state, title, outcome }: Question): void {
  turn.push({
    type: 'question',
    data: { id, kind, state, title, ...(outcome === undefined ? {} : { outcome }) },
  });
}
