/** What becomes of the credentials: what Moby is given, and what the door is. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createFile } from '../atomic-file.ts';
import type { Credential } from './read-credentials.ts';
import { standInFor } from './stand-in.ts';

/** A line of the list that egress is given as `secrets.json`. */
export const boundSecretSchema = z.object({
  name: z.string(),
  value: z.string().min(1),
  /** `name`, or `name:port` where the port is not 443. */
  hosts: z.array(z.string()).min(1),
  /** Of the same length as the value. */
  standIn: z.string().min(1),
  /** Whether it may stand in path and query. */
  inUrl: z.boolean(),
});
export type BoundSecret = z.infer<typeof boundSecretSchema>;

export interface SharedCredentials {
  /** By name, for Moby's environment: values, and stand-ins for what is bound. */
  environment: Record<string, string>;
  /** For egress alone. */
  bound: BoundSecret[];
}

/**
 * @param key of `standInKey`
 * A credential whose hosts are faulty goes nowhere.
 */
export function shareCredentials(credentials: readonly Credential[], key: Uint8Array): SharedCredentials {
  const environment: Record<string, string> = {};
  const bound: BoundSecret[] = [];
  for (const { name, value, hosts, inUrl } of credentials) {
    if (hosts === null) environment[name] = value;
    else if (hosts.length > 0) {
      const standIn = standInFor(name, value, key);
      environment[name] = standIn;
      bound.push({ name, value, hosts: [...hosts], standIn, inUrl });
    }
  }
  return { environment, bound };
}

const KEY_BYTES = 32;

/**
 * The key that stand-ins are made of, in the folder of egress; made where there is none, so that they stay the same.
 * @param home the data directory
 * @throws the file system's error
 */
export async function standInKey(home: string): Promise<Buffer> {
  const folder = join(home, 'egress');
  const path = join(folder, 'stand-ins.key');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await createFile(path, `${randomBytes(KEY_BYTES).toString('base64url')}\n`);
  return Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
}
