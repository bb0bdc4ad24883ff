/** The renderers of the platforms that are enabled; nothing of another platform is loaded. */
import type { Platform } from '../channels/channel.ts';
import { plainRenderer } from './parts.ts';
import { createRenderer } from './render/create-renderer.ts';
import type { Renderer } from './renderer.ts';

/** @returns finds the renderer of a platform; one that is not enabled any more gets plain text */
export async function loadRenderers(platforms: readonly Platform[]): Promise<(platform: string) => Renderer> {
  const loaded = await Promise.all(
    platforms.map(async (platform) => [platform, await createRenderer(platform)] as const),
  );
  const renderers = new Map<string, Renderer>(loaded);
  return (platform) => renderers.get(platform) ?? plainRenderer;
}
