/** How a command ends. `run` and scripts around it rely on these numbers. */
export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that is explained to the owner: its message says what happened and what to do next. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The command line or a setting is wrong. */
export class UsageError extends CliError {
  override name = 'UsageError';

  constructor(message: string) {
    super(message, { exitCode: EXIT.usage });
  }
}

/** Nobody answers where the gateway should be. */
export class NotRunningError extends CliError {
  override name = 'NotRunningError';

  constructor(cause?: unknown) {
    super('Moby is not running. Start him with ./mobyclaw up', { cause });
  }
}
