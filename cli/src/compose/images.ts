/**
 * Whether the images are those of this checkout. A build that finds everything in its cache still takes seconds, so what
 * the images were built from is remembered in run/images.json, together with their ids: an image that was removed, or
 * built by somebody else, is built again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import * as z from 'zod';
import type { Context } from '../context.ts';
import { readTextIfThere } from '../env-file.ts';
import type { ComposeProject } from './project.ts';

const run = promisify(execFile);

const SOURCES = [
  'Dockerfile',
  'docker-compose.yml',
  'docker',
  'agents/moby',
  'package-lock.json',
  'gateway/optional/whatsapp/package-lock.json',
  'dist/.built',
];

const recordSchema = z.object({ stamp: z.string(), ids: z.record(z.string(), z.string()) });

/** @returns a digest of all that the images are made from */
export function sourceStamp({ checkout, settings, terminal }: Context): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) addTo(hash, join(checkout, source), source);
  const version = terminal.env.DOCKER_AGENT_VERSION ?? settings.environment.DOCKER_AGENT_VERSION ?? '';
  const whatsApp = settings.values.WHATSAPP_AUTH ? 'whatsapp' : ''; // the gateway's image holds what it needs
  hash.update(`\0${settings.values.MOBYCLAW_AGENT ?? ''}\0${version}\0${whatsApp}`);
  return hash.digest('hex').slice(0, 16);
}

function addTo(hash: ReturnType<typeof createHash>, path: string, name: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    for (const entry of readdirSync(path).toSorted()) addTo(hash, join(path, entry), `${name}/${entry}`);
    return;
  }
  const text = readTextIfThere(path);
  if (text !== null) hash.update(`${name}\0${text.length}\0${text}`);
}

export async function imagesAreCurrent(context: Context, images: readonly string[]): Promise<boolean> {
  const record = readRecord(recordFile(context));
  if (record?.stamp !== sourceStamp(context)) return false;
  const ids = await imageIds(context, images);
  return ids !== null && images.every((image) => ids[image] === record.ids[image]);
}

export async function keepImages(context: Context, images: readonly string[]): Promise<void> {
  const ids = await imageIds(context, images);
  if (ids === null) return;
  await writeFileAtomic(recordFile(context), `${JSON.stringify({ stamp: sourceStamp(context), ids })}\n`);
}

/** @returns id by name, or null where one of them is not there */
export async function imageIds(
  { terminal }: Pick<Context, 'terminal'>,
  images: readonly string[],
): Promise<Record<string, string> | null> {
  try {
    const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', ...images], {
      env: terminal.env as NodeJS.ProcessEnv,
    });
    const ids = stdout.trim().split('\n');
    return Object.fromEntries(images.map((image, index) => [image, ids[index] ?? '']));
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'number') return null; // no such image
    throw error;
  }
}

/** @returns id by name of the images that the containers there were made from */
export async function runningImages(
  { terminal }: Pick<Context, 'terminal'>,
  project: ComposeProject,
): Promise<Record<string, string>> {
  const containers = (await project.services()).map(({ id }) => id);
  if (containers.length === 0) return {};
  const format = '{{.Config.Image}} {{.Image}}';
  const { stdout } = await run('docker', ['inspect', '--format', format, ...containers], {
    env: terminal.env as NodeJS.ProcessEnv,
  });
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.trim().split(' ') as [string, string]));
}

function recordFile({ data }: Context): string {
  return join(data.run, 'images.json');
}

function readRecord(path: string): z.infer<typeof recordSchema> | null {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}
