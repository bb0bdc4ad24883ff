/**
 * Keeps a promise that a platform's library forgot from ending the process (Bolt does so when a reconnect is refused).
 * It is logged, and the channel is found deaf and replaced. An exception outside of any promise still ends the process:
 * after one of those nobody knows what state it is in.
 */
import type { Logger } from '@mobyclaw/lib/logger';

/** @returns takes the guard off */
export function guardProcess(logger: Logger): () => void {
  const onRejection = (reason: unknown): void => {
    // Without its message: those of HTTP libraries hold addresses, and addresses hold tokens.
    const { name, code, stack } = (reason ?? {}) as { name?: string; code?: unknown; stack?: string };
    const at = stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 6);
    logger.error({ name, code, at }, 'a rejection that nobody handled');
  };
  process.on('unhandledRejection', onRejection);
  return () => process.off('unhandledRejection', onRejection);
}
