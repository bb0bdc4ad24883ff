/** Signs of life on a stream that has nothing to say, such as while a tool runs for minutes. */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '@mobyclaw/lib/clock';

const KEEP_ALIVE_MS = 15_000; // proxies cut what is silent for 30 to 60 s

/**
 * Writes a comment of server-sent events every 15 s until the response ends.
 * @param write where the text does not go to the response directly
 */
export function keepAlive(
  response: ServerResponse,
  clock: Clock,
  write: (text: string) => unknown = (text) => response.write(text),
): void {
  let timer: Timer = clock.after(KEEP_ALIVE_MS, beat);
  response.on('close', () => timer.cancel());

  function beat(): void {
    write(': still here\n\n');
    timer = clock.after(KEEP_ALIVE_MS, beat);
  }
}
