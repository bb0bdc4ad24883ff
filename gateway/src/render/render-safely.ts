/** Rendering that always gives something: an answer whose Markdown a renderer fails at is sent as it stands. */
import type { RenderedPart, Renderer, TextLimit } from './part.ts';
import { plainRenderer } from './plain-renderer.ts';

/** @returns the parts by `renderer`; where that fails for whatever reason, the bare text, cut to the limit */
export function renderSafely(
  renderer: Renderer,
  markdown: string,
  limit: TextLimit,
  onError: (error: unknown) => void,
): RenderedPart[] {
  try {
    return renderer.render(markdown, limit);
  } catch (error) {
    onError(error);
    return plainRenderer.render(markdown, limit);
  }
}

/** `renderSafely` without holding up the event loop for long. */
export async function renderSafelyInSlices(
  renderer: Renderer,
  markdown: string,
  limit: TextLimit,
  onError: (error: unknown) => void,
): Promise<RenderedPart[]> {
  try {
    return await renderer.renderInSlices(markdown, limit);
  } catch (error) {
    onError(error);
    return plainRenderer.render(markdown, limit);
  }
}
