/** A text of Moby's. While it grows only what is new is parsed and drawn. */
import type { ReadonlySignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { MarkdownStream } from '../markdown/markdown-stream.ts';
import { markdownWriter } from '../markdown/markdown-writer.ts';

/** @param text as it is, or as it grows */
export function MarkdownText({ text, isWhole }: { text: string | ReadonlySignal<string>; isWhole: boolean }) {
  const root = useRef<HTMLDivElement>(null);
  const writer = useRef<MarkdownStream | null>(null);
  useLayoutEffect(() => {
    if (!root.current) return;
    writer.current ??= markdownWriter(root.current);
    const { current } = writer;
    if (typeof text === 'string') {
      current.show(text, isWhole);
      return;
    }
    if (isWhole) {
      current.show(text.peek(), true);
      return;
    }
    // Drawn once for each picture of the screen, however many pieces came in between.
    let frame = 0;
    const stop = text.subscribe(() => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        current.show(text.peek(), false);
      });
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [text, isWhole]);
  return <div class="text" ref={root} />;
}
