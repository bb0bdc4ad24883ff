/** The last entry of a backup: what is in it, by checksum. Without it the archive has been cut. */
import { z } from 'zod';

export const MANIFEST = 'manifest.json';
/** Files of the data directory are below this, `.env` is beside it. */
export const DATA_PREFIX = 'data/';
export const ENV_ENTRY = 'env';

export const manifestSchema = z.object({
  format: z.literal(1),
  version: z.string(),
  createdAt: z.iso.datetime(),
  files: z.record(z.string(), z.object({ size: z.int(), sha256: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;
