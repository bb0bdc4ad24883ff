/** The last entry of a backup: what is in it, by checksum, and what is not. Without it the archive has been cut. */
import * as z from 'zod';

export const MANIFEST = 'manifest.json';
/** Files of the data directory are below this, `.env` is beside it. */
export const DATA_PREFIX = 'data/';
export const ENV_ENTRY = 'env';

/** 1: files and folders; 2: links, names that are not UTF-8, and what was left out. One that is higher is refused. */
export const FORMAT = 2;

export const manifestSchema = z.object({
  format: z.union([z.literal(1), z.literal(FORMAT)]),
  version: z.string(),
  createdAt: z.iso.datetime(),
  files: z.record(z.string(), z.object({ size: z.int(), sha256: z.string() })),
  /** What each link says; bytes that are no UTF-8 as `\xNN`. */
  links: z.record(z.string(), z.string()).default({}),
  /** Further names of files, each with the entry that has the content. */
  hardLinks: z.record(z.string(), z.string()).default({}),
  leftOut: z.array(z.object({ path: z.string(), why: z.string(), lost: z.boolean() })).default([]),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Enough of any manifest, also of a later format, to say what made it. */
export const anyManifestSchema = z.object({ format: z.number(), version: z.string() });
