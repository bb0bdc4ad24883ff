/** The renderers of the platforms that are enabled; nothing of another platform is loaded. */
import type { Platform } from '@mobyclaw/protocol/platform';
import { createRenderer } from './create-renderer.ts';
import type { Renderer } from './part.ts';
import { plainRenderer } from './plain-renderer.ts';

/** @returns finds the renderer of a platform; one that is not enabled any more gets plain text */
export async function loadRenderers(platforms: readonly Platform[]): Promise<(platform: string) => Renderer> {
  const loaded = await Promise.all(
    platforms.map(async (platform) => [platform, await createRenderer(platform)] as const),
  );
  const renderers = new Map<string, Renderer>(loaded);
  return (platform) => renderers.get(platform) ?? plainRenderer;
}
