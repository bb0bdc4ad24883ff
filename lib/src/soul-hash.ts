import { createHash } from 'node:crypto';

/** The name by which the parts speak of one version of soul.yaml (protocol/control): short, of its bytes alone. */
export function soulHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
