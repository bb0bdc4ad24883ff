/**
 * Queue mode steer: a message that comes while an answer to the same person is made is put into it, at the agent's next step.
 *
 * It is merged into the running turn on disk before the agent is told, so that whatever is killed when, the running turn is taken
 * up with both, and its one answer is for both. If the agent did not let the model hear it (its echo in the stream tells), then it
 * is taken out again before the running turn ends, and is a turn of its own. An agent that has it and has not let it be heard could
 * do so in a later run, so that agent session is left.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import type { AgentClient } from '../agent/agent.ts';
import { MOST_ECHO_BYTES } from '../agent/event-reader.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { splitAttachments } from './attachments.ts';
import { writeEnvelope } from './envelope.ts';
import type { EventLog } from './event-log.ts';

const NOTE =
  'It came while you were working on the message before. Take it into account in the answer that you are giving.';
/** What the echo holds beside the message: type, session, position. */
const ECHO_FIELDS_BYTES = 1024;
const UNABLE =
  'The engine that runs here cannot put a message into an answer that is being given, so this one waits for its turn.';

export interface SteeringOptions {
  store: Store;
  agent: Pick<AgentClient, 'steer'>;
  events: Pick<EventLog, 'append'>;
  clock: Clock;
  logger: Logger;
  timeZone: string;
}

interface OpenRun {
  turn: TurnRow;
  agentSession: string;
  /** Merged on disk and not heard, by the text that the agent was sent. */
  pending: Map<string, TurnRow>;
}

export interface SteerableRun {
  /** The agent has let the model hear a message of the user's. */
  heard(text: string): void;
  /** @param keeps what was not heard stays with the turn: it ends with it, or is in the prompt of its next attempt */
  end(keeps: boolean): void;
}

export class Steering {
  readonly #options: SteeringOptions;
  readonly #runs = new Map<string, OpenRun>();
  /** Conversations that were told that it cannot be done here. */
  readonly #told = new Set<string>();

  constructor(options: SteeringOptions) {
    this.#options = options;
  }

  /** A run at the agent begins; messages can be put into it until `end`. */
  begin(turn: TurnRow, agentSession: string): SteerableRun {
    const run: OpenRun = { turn, agentSession, pending: new Map() };
    this.#runs.set(turn.id, run);
    return {
      heard: (text) => void run.pending.delete(text),
      end: (keeps) => {
        if (this.#runs.get(turn.id) === run) this.#runs.delete(turn.id);
        if (keeps || run.pending.size === 0) return;
        const left = [...run.pending.values()];
        run.pending.clear();
        this.#release(left, turn.session);
      },
    };
  }

  /** Puts a message that has just come into the answer that is being given to the same person, where that can be done. */
  offer(newest: TurnRow, running: string): void {
    const run = this.#runs.get(running);
    if (!run || !this.#belongs(newest, run.turn)) return;
    const { store, clock, timeZone, logger } = this.#options;
    const { images, text } = splitAttachments(newest.attachments);
    const { id, session, sender, notes = [] } = newest;
    const about = { now: clock.now(), timeZone, turn: id, channel: session, sender, notes: [...notes, NOTE] };
    const sent = writeEnvelope({ ...about, summary: null, history: [], sent: [] }, newest.prompt + text);
    if (!isHeardBack(sent, images)) return;
    try {
      store.transaction('durable', () => store.turns.merge([id], run.turn.id));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error(
        { err: error, turn: id },
        'a message waits for its turn, since the disk did not take that it is answered with another',
      );
      return;
    }
    run.pending.set(sent, newest);
    void this.#send(run, sent, newest, images);
  }

  /** Never rejects. */
  async #send(run: OpenRun, sent: string, newest: TurnRow, images: { dataUrl: string }[]): Promise<void> {
    const { agent, events, logger } = this.#options;
    try {
      const outcome = await agent.steer(run.agentSession, { text: sent, images });
      if (outcome === 'taken' || !run.pending.delete(sent)) return;
      this.#unmerge([newest]);
      if (outcome === 'unable' && !this.#told.has(newest.session)) {
        this.#told.add(newest.session);
        events.append(newest.seq, { type: 'notice', data: { text: UNABLE } });
      }
    } catch (error) {
      // Whether the agent has it is not known; the run's own stream tells, or its end does.
      logger.warn({ err: error, turn: newest.id }, 'a message could not be put into a running answer');
    }
  }

  /** The same person in the same way, and nothing that came before waits. */
  #belongs(newest: TurnRow, running: TurnRow): boolean {
    const [first] = this.#options.store.turns.waiting(newest.session, 1);
    return (
      first?.id === newest.id &&
      newest.session === running.session &&
      newest.sender === running.sender &&
      newest.source === running.source &&
      newest.guest === running.guest &&
      newest.confined === running.confined &&
      newest.noAsk === running.noAsk &&
      (newest.modelWanted ?? null) === (running.modelWanted ?? null) &&
      newest.deliverTo?.channel === running.deliverTo?.channel
    );
  }

  #release(turns: readonly TurnRow[], session: string): void {
    this.#unmerge(turns);
    const { store, logger } = this.#options;
    try {
      store.transaction('relaxed', () => store.sessions.takeNewAgentSession(session));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error(
        { err: error, session },
        'an agent session that may hold an unheard message could not be left',
      );
    }
  }

  /** If the disk does not take it, they are answered together with the turn that they were put into. */
  #unmerge(turns: readonly TurnRow[]): void {
    const { store, logger } = this.#options;
    try {
      store.transaction('durable', () => store.turns.unmerge(turns.map(({ id }) => id)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      logger.error({ err: error }, 'a message that was not heard could not be made a turn of its own');
    }
  }
}

/** Whether the agent's echo of it is read, which alone tells that the model was told. A byte takes up to six in JSON. */
function isHeardBack(sent: string, images: readonly { dataUrl: string }[]): boolean {
  const pictures = images.reduce((sum, { dataUrl }) => sum + dataUrl.length, 0);
  return Buffer.byteLength(sent) * 6 + pictures < MOST_ECHO_BYTES - ECHO_FIELDS_BYTES;
}
