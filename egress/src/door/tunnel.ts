/** Two connections as one: each side's bytes to the other, at the pace of the slower, until both have ended. */
import type { Duplex } from 'node:stream';

/** How long the second direction may be silent once the first has ended. */
const HALF_CLOSED_MS = 120_000;

type Timed = Duplex & { setTimeout?(ms: number, done?: () => void): unknown };

/** @returns when both are closed; never rejects, since what breaks one ends the other */
export async function join(near: Timed, far: Timed): Promise<void> {
  await Promise.all([lead(near, far), lead(far, near)]);
}

function lead(one: Timed, other: Timed): Promise<void> {
  return new Promise((resolve) => {
    const closed = (): void => {
      // What it has sent may still be on its way to the other side.
      if (!one.readableEnded) other.destroy();
      resolve();
    };
    if (one.closed) return closed();
    one.on('error', () => other.destroy());
    one.on('end', () => other.setTimeout?.(HALF_CLOSED_MS, () => other.destroy()));
    one.on('close', closed);
    one.pipe(other);
  });
}
