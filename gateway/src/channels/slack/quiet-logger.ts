/**
 * Slack's libraries write what they send and receive to their logger, and texts of people do not belong into a log. What
 * goes wrong comes to us as typed errors and is logged by the gateway.
 */
import { type Logger, LogLevel } from '@slack/bolt';

const silence = (): void => undefined;

export const quietLogger: Logger = {
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
  setLevel: silence,
  getLevel: () => LogLevel.ERROR,
  setName: silence,
};
