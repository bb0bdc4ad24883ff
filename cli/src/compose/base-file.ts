/**
 * What a docker-compose.yml says about itself: that of this checkout, or an older one that an upgrade goes back to. The override may
 * name no service that it lacks, which would be one without an image, and has to hand over secrets as it expects them.
 */
import { readFile } from 'node:fs/promises';
import { SECRETS_VARIABLE } from '@mobyclaw/lib/part-secrets';
import { parse } from 'yaml';
import * as z from 'zod';
import { SERVICES } from './service-name.ts';

export interface BaseFile {
  services: readonly string[];
  /** Whether the parts read their secrets from files; else each is a variable. */
  readsSecretFiles: boolean;
}

/** The one of this version. */
export const CURRENT_BASE: BaseFile = { services: SERVICES, readsSecretFiles: true };

const fileSchema = z.object({
  services: z.record(z.string(), z.object({ environment: z.record(z.string(), z.unknown()).optional() })),
});

/** @throws the error of the file system, or of what in there is no docker-compose.yml of ours */
export async function readBaseFile(path: string): Promise<BaseFile> {
  const { services } = fileSchema.parse(parse(await readFile(path, 'utf8'), { merge: true }));
  return {
    services: Object.keys(services),
    readsSecretFiles: Object.hasOwn(services.moby?.environment ?? {}, SECRETS_VARIABLE),
  };
}
