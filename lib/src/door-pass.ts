/**
 * By what the door of egress knows whose connection it is: made of the capability of a turn, and good for nothing else. So
 * it may stand in the environment of every program that the turn starts, where the capability, which opens tools, may not.
 */
import { createHash } from 'node:crypto';

/** Its user name in the address of the proxy; the pass is the password, which some programs send only together. */
export const DOOR_USER = 'turn';

const PROXY = /^(https?|all)_proxy$/i;

export function doorPass(capability: string): string {
  return createHash('sha256').update(`door\n${capability}`).digest('hex');
}

/**
 * @param door its address; variables that name another proxy stay as they are
 * @returns the environment of a program that the turn of this capability starts
 */
export function withDoorPass(
  environment: Readonly<Record<string, string>>,
  door: string | undefined,
  capability: string | undefined,
): Record<string, string> {
  const origin = door === undefined ? undefined : URL.parse(door)?.origin;
  if (origin === undefined || capability === undefined) return { ...environment };
  const named = Object.entries(environment).map(([name, value]) => {
    const url = PROXY.test(name) ? URL.parse(value) : null;
    if (url === null || url.origin !== origin || url.username !== '') return [name, value];
    return [name, `${url.protocol}//${DOOR_USER}:${doorPass(capability)}@${url.host}`];
  });
  return Object.fromEntries(named) as Record<string, string>;
}
