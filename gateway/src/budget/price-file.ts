/** The owner's `prices.yaml`. Loaded where there is one: the YAML library is more than the rest of the budget. */
import { readFile } from 'node:fs/promises';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type { PriceEntry } from '@mobyclaw/lib/prices';
import { parse } from 'yaml';
import * as z from 'zod';

const perMillion = z.number().nonnegative();

const priceSchema = z.strictObject({
  input: perMillion,
  output: perMillion,
  cached: perMillion.optional().describe('input that was read from the cache; else as input'),
  cacheWrite: perMillion.optional().describe('input that was written to the cache; else as input'),
});
const fileSchema = z.strictObject({ models: z.record(z.string(), priceSchema) });

/** @throws Error that says what is wrong with the file */
export async function readPriceFile(path: string): Promise<PriceEntry[]> {
  const found = fileSchema.safeParse(parse(ownerText(await readFile(path))), { error: plainIssue });
  if (!found.success) throw new Error(plainFaults(found.error).join('; '));
  return Object.entries(found.data.models);
}
