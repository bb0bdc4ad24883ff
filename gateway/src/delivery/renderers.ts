/** The renderer of each platform, loaded when the platform is enabled. */
import type { Platform } from '../channels/channel.ts';
import { plainRenderer } from './parts.ts';
import type { Renderer } from './renderer.ts';

/** @returns finds the renderer of a platform; what is none of these gets plain text */
export async function loadRenderers(platforms: readonly Platform[]): Promise<(platform: string) => Renderer> {
  const renderers = new Map<string, Renderer>();
  for (const platform of platforms) renderers.set(platform, await load(platform));
  return (platform) => renderers.get(platform) ?? plainRenderer;
}

async function load(_platform: Platform): Promise<Renderer> {
  return plainRenderer;
}
