/** What a look at the database finds, while it goes on. */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { ForgetFinding } from '@mobyclaw/protocol/forget';

const EXAMPLES = 3;
const EXAMPLE_CHARS = 160;

export interface StoreFinding extends ForgetFinding {
  /** Conversations whose agent session may hold it. */
  sessions: ReadonlySet<string>;
  /** Schedules that mention it; the scheduler removes them. */
  jobs: readonly string[];
}

export class Finding {
  readonly sessions = new Set<string>();
  readonly jobs: string[] = [];
  readonly left = new Set<string>();
  readonly #places = new Map<string, { count: number; examples: string[] }>();
  readonly #waiting = new Map<string, number>();

  add(what: string, examples: readonly string[], count = 1): void {
    if (count === 0) return;
    const place = this.#places.get(what) ?? { count: 0, examples: [] };
    place.count += count;
    place.examples.push(...examples.slice(0, EXAMPLES - place.examples.length).map(shortened));
    this.#places.set(what, place);
  }

  /** A row that is under way. */
  wait(what: string): void {
    this.#waiting.set(what, (this.#waiting.get(what) ?? 0) + 1);
  }

  told(): StoreFinding {
    const waiting = [...this.#waiting].map(
      ([what, count]) => `Under way and not touched yet: ${count} ${what}. Forget again once that is done.`,
    );
    return {
      places: [...this.#places].map(([place, found]) => ({ place, ...found })),
      left: [...this.left, ...waiting],
      sessions: this.sessions,
      jobs: this.jobs,
    };
  }
}

function shortened(text: string): string {
  return cutText(text.replace(/\s+/g, ' ').trim(), EXAMPLE_CHARS);
}
