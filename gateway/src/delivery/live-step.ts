/** An answer that is ready by then comes as one message, without a flicker; in milliseconds. */
export const FIRST_MS = 500;

/** What an answer in the making wants next of its chat. */
export interface LiveStep {
  /** Milliseconds since the epoch. */
  dueAt: number;
  /** It only renews what the chat shows already, so a change need not wait for it. */
  onlyRenews?: boolean;
  /** Present where it is due. */
  step?: () => Promise<void>;
}
