/** An answer that is ready by then comes as one message, without a flicker; in milliseconds. */
export const FIRST_MS = 500;

/** What an answer in the making wants next of its chat. */
export interface LiveStep {
  /** Milliseconds since the epoch. */
  dueAt: number;
  /** Nothing has changed, so that the next change need not wait for it. */
  unchanged?: boolean;
  /** Present where it is due. */
  step?: () => Promise<void>;
}
