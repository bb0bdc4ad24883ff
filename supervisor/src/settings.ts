/** The few settings that the supervisor reads for itself. */
import { StartError } from '@mobyclaw/lib/start-error';

export interface ListenAddress {
  host: string;
  port: number;
}

/** @throws StartError naming the variable */
export function readPort(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 1 && port <= 65_535))
    throw new StartError(`${name} is "${text}": write a port from 1 to 65535`);
  return port;
}

/** @throws StartError naming the variable */
export function readListen(name: string, text: string | undefined, fallback: string): ListenAddress {
  const match = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(text || fallback);
  if (!match?.[1]) throw new StartError(`${name} is "${text}": write host:port, such as ${fallback}`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port: readPort(name, match[2], 0) };
}

/** @throws StartError where it is not set */
export function requireSecret(name: string, value: string | undefined): string {
  if (!value) throw new StartError(`${name} is not set: give the supervisor and the gateway the same token`);
  return value;
}

export function readList(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((item) => item.trim().toLowerCase() || []);
}
