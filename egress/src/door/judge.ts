/** What the door asks of whoever knows the owner's rule and can ask him. */
import type { Target } from './target.ts';

export interface Asked extends Target {
  /** Of the turn that it belongs to, as the program showed it (lib/door-pass); null where it showed none. */
  pass: string | null;
  /** Where it can be seen before anything is let through. */
  request?: { method: string; path: string };
}

export interface AskedRequest {
  method: string;
  path: string;
  hasBody: boolean;
  isUpgrade: boolean;
}

export type Ruling =
  | {
      allowed: true;
      /** Whether the owner says that the name leads into a private network. */
      isPrivate: boolean;
      /** Where each request is judged too, for which TLS is ended: why this one may not pass, a sentence; or null. */
      limits: ((request: AskedRequest) => string | null) | null;
      /** Why, for the log: a word such as `rule` or `open`. */
      reason: string;
      turn?: string;
    }
  | {
      allowed: false;
      /** For people and models: why, and how it is allowed. */
      message: string;
      reason: string;
      /** Whether the owner was asked. */
      isAsked: boolean;
      turn?: string;
    };

/** @param gone aborted where nobody waits for the answer any more */
export type Judge = (asked: Asked, gone: AbortSignal) => Promise<Ruling>;
