export class SpeechError extends Error {
  override name = 'SpeechError';
  /** Whether the same text may be tried again. */
  readonly passing: boolean;
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { passing: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.passing = options.passing;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
