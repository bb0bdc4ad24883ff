/** The pair of keys by which push services know this gateway (VAPID, RFC 8292), made at its first use. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile } from '@mobyclaw/lib/atomic-file';
import * as z from 'zod';

const FILE = 'push-keys.json';
const keysSchema = z.object({ publicKey: z.string().min(80), privateKey: z.string().min(40) });

export type PushKeys = z.infer<typeof keysSchema>;

/** @param folder of the gateway @throws where the file holds something else; it is left as it is */
export async function pushKeys(folder: string): Promise<PushKeys> {
  const path = join(folder, FILE);
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (known !== null) return read(known, path);
  const { default: webPush } = await import('web-push');
  const made = webPush.generateVAPIDKeys();
  if (await createFile(path, `${JSON.stringify(made)}\n`)) return made;
  return read(await readFile(path, 'utf8'), path);
}

function read(text: string, path: string): PushKeys {
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${path} does not hold the keys for notifications. Delete it, and switch notifications on anew in each browser.`,
    );
  }
}
