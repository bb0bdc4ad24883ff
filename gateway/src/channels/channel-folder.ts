import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '@mobyclaw/protocol/platform';

/** The folder of a channel's own files, such as its login; made when first asked for, for the owner alone. */
export function channelFolder(gatewayFolder: string, platform: Platform): string {
  const path = join(gatewayFolder, 'channels', platform);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
