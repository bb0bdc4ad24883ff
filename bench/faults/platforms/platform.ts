/** The far side of a messenger as the fault table needs it: one person who writes, what is shown to her, and what can break. */

/**
 * `any` is every call to the platform, the receive path's too; `edit` is one that shows an answer in the making, and for
 * `limit` and `outage` also the one that shows it whole in the end.
 */
export type CallKind = 'any' | 'send' | 'edit';

export interface FaultyPlatform {
  /** As the gateway calls it. */
  readonly platform: 'telegram' | 'discord' | 'slack' | 'whatsapp';
  /** What enables it in the gateway. */
  readonly env: Readonly<Record<string, string>>;
  /** Between the words of an answer that a fault strikes, in milliseconds; only where it shows its first ones late. */
  readonly slowMs?: number;
  /** Puts into a data folder what is to be there before the gateway starts. */
  prepare?(home: string): void;
  /** The person writes. */
  say(text: string): void;
  /** Texts of what the bot wrote to her and is still there, in order. */
  shown(): string[];
  /** The person allows once what a message asks for that has this in its text: by a button, or by a word where there is none. */
  allow(text: string): void;
  /** Texts of previews that are seen beside those and go away by themselves; only where the platform has such. */
  previews?(): string[];
  /** 429 on the next calls. */
  limit(kind: CallKind, seconds: number, times: number): void;
  /** 500 on the next calls. */
  outage(kind: CallKind, times: number): void;
  /** The next call is never answered; `carriedOut` although it was done. */
  hang(kind: CallKind, carriedOut: boolean): void;
  /** The connection of the next call is reset; `carriedOut` although it was done. */
  drop(kind: CallKind, carriedOut: boolean): void;
  /** Calls that a planned fault has struck so far. */
  struck(): number;
  /** No planned fault is left. */
  clear(): void;
  /** The connections there are die without a word; new ones work. */
  blackHole(): void;
  /** Lets the platform see what has become of dead connections. */
  lift(): void;
  /** The connections there are are reset. */
  cut(): void;
  /** Each update so far comes once more. */
  repeat(): void;
  revoke(): void;
  /** The token is good again. */
  restore(): void;
  /** After `revoke` a person logs in with the code that `status` shows, and what was written in between is not delivered. */
  logIn?(code: string): void;
  /** Another program takes the receive path, once; only where the platform knows such a thing. */
  conflict?(): void;
  /** Another program takes it for good: Moby must not take it back, or the two would do so for ever. */
  replace?(): void;
  /** The platform forgets the session; only where there is one. */
  invalidate?(): void;
  close(): Promise<void>;
}
