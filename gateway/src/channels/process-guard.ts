/**
 * Keeps a promise that a platform's library forgot from ending the process (Bolt does so when a reconnect is refused).
 * It is logged, and the channel is found deaf and replaced. An exception outside of any promise still ends the process:
 * after one of those nobody knows what state it is in.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import { traceOf } from './error-trace.ts';

/** @returns takes the guard off */
export function guardProcess(logger: Logger): () => void {
  const onRejection = (reason: unknown): void => {
    logger.error(traceOf(reason), 'a rejection that nobody handled');
  };
  process.on('unhandledRejection', onRejection);
  return () => process.off('unhandledRejection', onRejection);
}
