/**
 * Pictures of what a test sees, for whoever wants to look: into the folder MOBYCLAW_PICTURES, where it is set. In 128 colours, a
 * third of the bytes, where ffmpeg is there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const FEWER_COLOURS =
  'split[a][b];[a]palettegen=max_colors=128:stats_mode=full[p];[b][p]paletteuse=dither=none';

export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.MOBYCLAW_PICTURES;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  const whole = join(folder, `${name}-whole.png`);
  await page.screenshot({ path: whole });
  const { status } = spawnSync('ffmpeg', [
    '-loglevel',
    'error',
    '-y',
    '-i',
    whole,
    '-vf',
    FEWER_COLOURS,
    path,
  ]);
  if (status === 0) rmSync(whole);
  else renameSync(whole, path);
}
