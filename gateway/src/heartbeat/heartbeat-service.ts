/** The heartbeat as clients see it: its interval, what it found, why it said nothing; and one beat by hand. */
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import type { BeatView, HeartbeatView } from '@mobyclaw/protocol/heartbeat';
import type { Status } from '@mobyclaw/protocol/status';
import { formatActiveHours } from '../calendar/active-hours.ts';
import type { BeatRow } from '../store/heartbeat-store.ts';
import type { Store } from '../store/store.ts';
import type { Heartbeat } from './heartbeat.ts';

export interface HeartbeatServiceOptions {
  store: Store;
  /** Null where it is switched off. */
  heart: Pick<Heartbeat, 'beatNow'> | null;
  timeZone: string;
  intervalMs: number | null;
  activeHours: ActiveHours;
}

export class HeartbeatService {
  readonly #options: HeartbeatServiceOptions;

  constructor(options: HeartbeatServiceOptions) {
    this.#options = options;
  }

  view(beats: number): HeartbeatView {
    const { store, heart, timeZone, intervalMs, activeHours } = this.#options;
    const { nextAt, failures } = store.heartbeat.state();
    const model = store.heartbeat.lastModel();
    return {
      state: heart ? 'on' : 'off',
      ...(heart && intervalMs !== null ? { intervalMs } : {}),
      activeHours: formatActiveHours(activeHours),
      timeZone,
      ...(heart && nextAt !== null ? { nextAt: iso(nextAt) } : {}),
      failures,
      ...(model === null ? {} : { model }),
      beats: store.heartbeat.history(beats).map(toBeatView),
    };
  }

  /** For the status: how it stands, and what the last beat came to. */
  summary(): NonNullable<Status['heartbeat']> {
    const { state, nextAt, failures, model, beats } = this.view(1);
    const last = beats[0];
    return {
      state,
      ...(nextAt === undefined ? {} : { nextAt }),
      failures,
      ...(model === undefined ? {} : { model }),
      ...(last
        ? {
            last: {
              slot: last.slot,
              outcome: last.outcome,
              detail: last.detail,
              why: last.why,
              text: last.text,
              turn: last.turn,
              usage: last.usage,
            },
          }
        : {}),
    };
  }

  /** @returns null where the heartbeat is off @throws HeartbeatBusyError */
  beatNow(): BeatView | null {
    const { store, heart } = this.#options;
    const beat = heart && store.heartbeat.find(heart.beatNow());
    return beat && toBeatView(beat);
  }
}

const iso = (time: number): string => new Date(time).toISOString();

function toBeatView(beat: BeatRow): BeatView {
  const { slot, trigger, state, outcome, detail, why, text, channel, turn, usage, startedAt, finishedAt } =
    beat;
  return {
    slot: iso(slot),
    trigger,
    state,
    ...(outcome === null ? {} : { outcome }),
    ...(detail === null ? {} : { detail }),
    ...(why === null ? {} : { why }),
    ...(text === null ? {} : { text }),
    ...(channel === null ? {} : { channel }),
    ...(turn === null ? {} : { turn }),
    ...(usage === null ? {} : { usage }),
    startedAt: iso(startedAt),
    ...(finishedAt === null ? {} : { finishedAt: iso(finishedAt) }),
  };
}
