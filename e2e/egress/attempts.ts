/**
 * Attempts to get a byte out, or to get at what would help with it, from a shell inside of Moby. Each is a command; none may
 * be answered by the canary, reach it, or print a secret. The owner has mode: open, so that it is the walls and the door that
 * hold, and not that nobody has allowed it.
 */
import type { Attempt } from './attempts/attempt.ts';
import { addressesAndNames, doorTricks, relayTricks } from './attempts/door.ts';
import { insideOfHim, neighbours } from './attempts/machine.ts';
import { names, straightOut } from './attempts/network.ts';
import { programs } from './attempts/programs.ts';

/** @param at of the canary, as seen from this machine */
export function attempts({ host, port }: { host: string; port: number }): Attempt[] {
  const at = `${host}:${port}`;
  return [
    ...addressesAndNames(host, port),
    ...doorTricks(at, port),
    ...relayTricks(at),
    ...straightOut(host, port),
    ...names(host, port),
    ...neighbours(at),
    ...insideOfHim(),
    ...programs(at),
  ];
}
