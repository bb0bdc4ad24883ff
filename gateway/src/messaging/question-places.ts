/** Where a question is shown, and from when on. */
import type { ActiveHours } from '@mobyclaw/lib/active-hours';
import type { Clock } from '@mobyclaw/lib/clock';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import type { Question } from '@mobyclaw/protocol/question';
import { platformOf } from '@mobyclaw/protocol/session-key';
import { isActive, nextOpening } from '../calendar/active-hours.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Store } from '../store/store.ts';

/** For whoever sits at the terminal, or a program that shows the question to somebody. */
const TERMINAL_FIRST_MS = 20_000;
const BY_ITSELF: ReadonlySet<string> = new Set(['cron', 'heartbeat', 'upkeep']);

export interface QuestionPlacesOptions {
  store: Store;
  /** Why nothing may be sent to a chat; null where it may. */
  refusal: (chat: string) => string | null;
  /** The chat that the owner has chosen, or wrote in last; null where there is none. */
  ownerChat: () => string | null;
  activeHours: ActiveHours;
  timeZone: string;
  /** Loaded when first asked for. */
  calendar: () => Promise<Calendar>;
  clock: Clock;
}

export interface QuestionPlace {
  chat: string;
  /** The message that it answers. */
  replyTo: string | null;
}

type Asked = Pick<Question, 'turn' | 'asker' | 'source' | 'askedAt'>;

export class QuestionPlaces {
  readonly #options: QuestionPlacesOptions;

  constructor(options: QuestionPlacesOptions) {
    this.#options = options;
  }

  /** Looked at anew each time. @returns null where no chat may be written to now */
  of(question: Asked): QuestionPlace | null {
    const asked = this.#whereAsked(question);
    if (asked && this.#options.refusal(asked.chat) === null) return asked;
    const chat = this.#options.ownerChat();
    return chat === null ? null : { chat, replyTo: null };
  }

  /** From when on it is shown, in milliseconds since the epoch. */
  async dueAt(question: Asked): Promise<number> {
    const { activeHours, timeZone, calendar, clock } = this.#options;
    const askedAt = Date.parse(question.askedAt);
    if (BY_ITSELF.has(question.source)) {
      const zone = (await calendar()).zone(timeZone);
      const now = clock.now();
      return isActive(activeHours, now, zone) ? now : nextOpening(activeHours, now, zone);
    }
    const atOnce = question.asker !== 'owner' || question.source === 'webhook';
    return atOnce || this.#whereAsked(question) ? askedAt : askedAt + TERMINAL_FIRST_MS;
  }

  /** The chat in which the owner asked. */
  #whereAsked({ turn, asker, source }: Asked): QuestionPlace | null {
    if (asker !== 'owner' || !isPlatform(source)) return null;
    const to = this.#options.store.turns.find(turn)?.deliverTo;
    return to && isPlatform(platformOf(to.channel))
      ? { chat: to.channel, replyTo: to.replyTo ?? null }
      : null;
  }
}

function isPlatform(name: string): boolean {
  return PLATFORMS.some((platform) => platform === name);
}
