/**
 * The owner's rule, as memory publishes it. Whoever asks is answered by the file as it stands, since a look at it costs less than
 * a connection: so an edit counts for the very next one, without a notification that could be missed.
 *
 * Fails closed: a published file that cannot be read leaves the last good one in force, and at a start, where there is none,
 * nothing but the model is let through. Where there is no file yet, the defaults allow nothing unasked.
 */
import { readFileSync, statSync } from 'node:fs';
import { DEFAULT_RULES, readRules } from '@mobyclaw/lib/egress-rules/read-rules';
import type { Logger } from '@mobyclaw/lib/logger';
import type { EgressProblem, EgressRules } from '@mobyclaw/protocol/egress-rules';

const NOTHING: EgressRules = { ...DEFAULT_RULES, mode: 'model' };

export interface RulesInForce {
  rules: EgressRules;
  problem: EgressProblem | null;
}

export class RulesFile {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #onChange: (now: RulesInForce) => void;
  #stamp = '';
  #inForce: RulesInForce = { rules: DEFAULT_RULES, problem: null };
  #hasGood = false;

  /** @param onChange is told of another file, once it is read */
  constructor(path: string, logger: Logger, onChange: (now: RulesInForce) => void = () => undefined) {
    this.#path = path;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  get now(): RulesInForce {
    const stamp = this.#look();
    if (stamp === this.#stamp) return this.#inForce;
    this.#stamp = stamp;
    this.#inForce = this.#read(stamp);
    if (this.#inForce.problem)
      this.#logger.error({ problem: this.#inForce.problem }, 'the published egress.yaml cannot be used');
    else this.#logger.info({ mode: this.#inForce.rules.mode }, 'egress.yaml is read');
    this.#onChange(this.#inForce);
    return this.#inForce;
  }

  #look(): string {
    try {
      const stat = statSync(this.#path, { throwIfNoEntry: false });
      return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'missing';
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  }

  #read(stamp: string): RulesInForce {
    if (stamp === 'missing') {
      return this.#hasGood ? { ...this.#inForce, problem: GONE } : { rules: DEFAULT_RULES, problem: null };
    }
    const rules = this.#hasGood ? this.#inForce.rules : NOTHING;
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return { rules, problem: { message: `The published egress.yaml cannot be read (${code}).` } };
    }
    const read = readRules(bytes);
    if ('problem' in read) return { rules, problem: read.problem };
    this.#hasGood = true;
    return { rules: read.rules, problem: null };
  }
}

const GONE: EgressProblem = { message: 'The published egress.yaml is gone; what it said stays in force.' };
