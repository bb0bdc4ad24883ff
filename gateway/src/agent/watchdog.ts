/**
 * Watches one run for silence. Silence alone proves nothing: a model thinks, a build runs for an hour. So the agent is
 * asked first; dead, it is given up after three tries; alive, it is waited for until a limit that depends on whether a
 * tool runs. Silence is counted in steps of the check, so that a laptop that slept does not look like a stall.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { AgentLimits } from './agent.ts';
import { AgentError } from './agent-error.ts';

const FAILED_PINGS = 3;
const QUIET_MS = 30_000; // a person who waits this long for a word wonders whether anything happens

export interface WatchdogOptions {
  clock: Clock;
  limits: AgentLimits;
  ping: () => Promise<boolean>;
  toolRuns: () => boolean;
  /** A person is being asked: silence is what is to be expected, but a dead agent is still noticed. */
  waits: () => boolean;
  /** The model has said nothing for a while, no tool runs, and the agent lives. Called once in each silence. */
  onQuiet: (text: string) => void;
  /** Called once, with `agent_died` or `stalled`. */
  onGiveUp: (error: AgentError) => void;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: Timer | null = null;
  #silentMs = 0;
  #lastTickAt: number;
  #heard = false;
  #told = false;
  #failedPings = 0;
  #ended = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#lastTickAt = options.clock.now();
    this.#schedule();
  }

  /** Something came. Cheap: called for each chunk. */
  touch(): void {
    this.#heard = true;
  }

  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = this.#options.clock.after(this.#options.limits.aliveCheckMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { clock, limits, ping } = this.#options;
    const passedMs = clock.now() - this.#lastTickAt;
    this.#lastTickAt = clock.now();
    if (this.#heard) {
      this.#heard = false;
      this.#silentMs = 0;
      this.#told = false;
      this.#failedPings = 0;
      this.#schedule();
      return;
    }
    if (this.#options.waits()) this.#silentMs = 0;
    else this.#silentMs += Math.max(0, Math.min(passedMs, 2 * limits.aliveCheckMs));
    const alive = await ping();
    if (this.#ended) return;
    if (!this.#heard) this.#judge(alive);
    this.#schedule();
  }

  #judge(alive: boolean): void {
    const { limits, toolRuns, onQuiet } = this.#options;
    this.#failedPings = alive ? 0 : this.#failedPings + 1;
    if (this.#failedPings >= FAILED_PINGS) {
      this.#giveUp(new AgentError('agent_died', 'The agent does not answer any more.'));
      return;
    }
    const tool = toolRuns();
    const limitMs = tool ? limits.toolSilenceMs : limits.silenceMs;
    if (alive && !tool && !this.#told && this.#silentMs >= QUIET_MS && this.#silentMs < limitMs) {
      this.#told = true;
      onQuiet(
        `The model has said nothing for ${Math.round(this.#silentMs / 1000)} seconds. It is waited for, ${Math.round(limitMs / 60_000)} minutes at most.`,
      );
    }
    if (!alive || this.#silentMs < limitMs) return;
    const minutes = Math.round(this.#silentMs / 60_000);
    this.#giveUp(
      tool
        ? new AgentError(
            'stalled',
            `A tool has run for ${minutes} minutes without a result, so the run was ended.`,
            {
              remedy: 'none', // it would run again, and may have acted
            },
          )
        : new AgentError(
            'stalled',
            `The model has said nothing for ${minutes} minutes, so the run was ended.`,
          ),
    );
  }

  #giveUp(error: AgentError): void {
    this.stop();
    this.#options.onGiveUp(error);
  }
}
