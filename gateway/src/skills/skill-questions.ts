/**
 * Skills that Moby proposes and only the owner takes: what he wrote becomes a question with its whole text, and memory is given
 * exactly that text once the owner has said yes. The text stands in the question, so an answer is acted on although the gateway
 * was killed after it; memory takes the same one twice without harm.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { skillOriginSchema } from '@mobyclaw/protocol/skill';
import * as z from 'zod';
import type { OwnerMemory } from '../parts/owner-memory.ts';
import type { Questions } from '../questions/questions.ts';
import { type ProposedSkill, skillDraft, skillSubject, TAKE } from '../questions/skill.ts';
import type { Store } from '../store/store.ts';
import { skillMarks } from './skill-marks.ts';

const PATIENCE_MS = 3 * 86_400_000; // then it is not taken
const LOOKED_AT = 200; // of the newest questions, for one whose answer a kill has left
const MOST_OPEN = 3; // proposals that wait at a time

const proposedSchema = z
  .object({
    name: z.string(),
    text: z.string(),
    origin: skillOriginSchema.optional(),
    session: z.string().optional(),
  })
  // Of a question that was asked before turns and marks were kept.
  .transform(({ origin, session = '', ...rest }) => ({ ...rest, origin: origin ?? { session } }));

export interface SkillQuestionsOptions {
  store: Store;
  questions: Pick<Questions, 'post' | 'onChange'>;
  memory: Pick<OwnerMemory, 'takeSkill' | 'skills'>;
  clock: Clock;
  logger: Logger;
}

export class SkillQuestions {
  readonly #options: SkillQuestionsOptions;
  #leave: (() => void) | undefined;
  #acting: Promise<void> = Promise.resolve();

  constructor(options: SkillQuestionsOptions) {
    this.#options = options;
  }

  /** Acts on answers, also on one that the process before was killed after. */
  start(): void {
    const { store, questions } = this.#options;
    this.#leave = questions.onChange(({ id, kind, state }) => {
      if (kind === 'skill' && state === 'answered') this.#act(id);
    });
    const rows = store.questions.list({ open: false, limit: LOOKED_AT });
    for (const { id, kind, state } of rows) if (kind === 'skill' && state === 'answered') this.#act(id);
  }

  async stop(): Promise<void> {
    this.#leave?.();
    await this.#acting;
  }

  /**
   * @param wished what Moby wrote, in which conversation and turn
   * @returns what whoever proposed it is told
   * @throws MemoryAwayError
   */
  async propose(wished: {
    name: string;
    text: string;
    session: string;
    turn?: string | undefined;
  }): Promise<string> {
    const { store, questions, memory } = this.#options;
    const { name, text, session, turn } = wished;
    const known = (await memory.skills()).items.find((skill) => skill.name === name);
    if (known && !(known.origin || known.source?.startsWith('moby:')))
      return `There is a skill ${name} already, and you did not write it. Take another name.`;
    if (known && known.state !== 'on' && known.state !== 'off')
      return `Your skill ${name} was changed since the owner saw it; they have to look at it first. Nothing was proposed.`;
    const marks = skillMarks(store, session, turn);
    const origin = { session, ...(turn !== undefined && { turn }), ...(marks.length > 0 && { marks }) };
    const proposed: ProposedSkill = { name, text, origin, isChange: known !== undefined };
    const open = store.questions.open().filter(({ kind }) => kind === 'skill');
    if (open.some(({ subject }) => subject === skillSubject(proposed)))
      return 'The owner is asked about this already. Do not propose it again.';
    if (open.length >= MOST_OPEN)
      return `The owner has ${open.length} skills to decide about already. Propose no more before he has.`;
    questions.post('skill', skillDraft(proposed), { turn: uuidv7(), session, timeoutMs: PATIENCE_MS });
    return 'The owner is asked whether it becomes a skill, with its text. It is none before he has said yes.';
  }

  #act(id: string): void {
    this.#acting = this.#acting
      .then(() => this.#actOn(id))
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error, question: id }, 'the skill is taken at the next start');
      });
  }

  async #actOn(id: string): Promise<void> {
    const { store, memory, clock, logger } = this.#options;
    const row = store.questions.find(id);
    if (row?.answer?.option !== TAKE) return;
    const { turn, attempt, subject } = row;
    if (store.questions.usesOfTurn(turn).some(({ question }) => question === id)) return;
    const proposed = proposedSchema.safeParse(row.details).data; // none where it was forgotten
    try {
      if (proposed) await memory.takeSkill(proposed);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      logger.warn({ question: id, reason: error.message }, 'a skill that was proposed could not be taken');
    }
    store.transaction('durable', () =>
      store.questions.use({ question: id, turn, attempt, subject, at: clock.now() }),
    );
  }
}
