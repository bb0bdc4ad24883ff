/** The heartbeat in words, for `status` and `heartbeat`. */
import type { BeatView, HeartbeatView } from '@mobyclaw/protocol/heartbeat';
import { cell } from '../terminal.ts';
import { fromNow, localTime } from '../time.ts';

type Outcome = NonNullable<BeatView['outcome']>;

const OUTCOMES: Record<Outcome, string> = {
  found: 'told you',
  quiet: 'asked, nothing to say',
  repeated: 'known already',
  unchanged: 'nothing new, not asked',
  empty: 'no checklist, not asked',
  busy: 'left out',
  refused: 'no budget',
  failed: 'failed',
  undelivered: 'could not tell you',
  cancelled: 'stopped',
};

/** What became of a beat. */
export function outcomeText(outcome: Outcome | undefined, state?: BeatView['state']): string {
  if (outcome !== undefined) return OUTCOMES[outcome];
  return state === 'delivering' ? 'on its way to you' : 'at work';
}

interface Summary extends Pick<HeartbeatView, 'state' | 'nextAt' | 'failures' | 'model'> {
  last?: Pick<BeatView, 'slot' | 'outcome' | 'detail' | 'why' | 'turn' | 'usage'> | undefined;
}

/** One line: whether it beats, when next, and what the last beat came to. */
export function heartbeatText(
  { state, nextAt, failures, model, last }: Summary,
  now: number,
  timeZone: string,
): string {
  if (state === 'off') return 'off';
  const next = nextAt === undefined ? '' : `, next ${localTime(nextAt, timeZone)}`;
  const asks = model === undefined ? '' : `, model ${model}`;
  const failed = failures > 0 ? `, ${failures} failures in a row` : '';
  if (!last) return `on${next}${asks}${failed}`;
  const reason = last.detail === undefined ? '' : `: ${cell(last.detail, 120)}`;
  const wasAsked = last.turn !== undefined || last.usage !== undefined; // a budget may have refused it before
  const why = last.why === undefined || !wasAsked ? '' : ` (asked because ${cell(last.why, 60)})`;
  return `on${next}${asks}${failed}; last ${fromNow(last.slot, now)}: ${outcomeText(last.outcome)}${reason}${why}`;
}
