/**
 * Takes the text out of a PDF, in a thread of its own: a file from outside, with a parser of a megabyte and a half. What
 * it costs in memory and what it does to the event loop ends with the thread, and the gateway at rest holds none of it.
 * This module is the thread's program and, for who starts it, its address.
 */

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { cutText } from '@mobyclaw/lib/cut-text';

export interface PdfTask {
  data: Uint8Array;
  /** The text is cut after so many characters. */
  mostChars: number;
}

/** `locked`: by a password. `broken`: it is none that can be read. */
export type PdfOutcome =
  | { kind: 'text'; text: string; pages: number; readPages: number }
  | { kind: 'locked' | 'broken' };

export const programUrl = import.meta.url;

if (!isMainThread && isTask(workerData)) parentPort?.postMessage(await read(workerData));

function isTask(given: unknown): given is PdfTask {
  return typeof given === 'object' && given !== null && 'mostChars' in given;
}

async function read({ data, mostChars }: PdfTask): Promise<PdfOutcome> {
  const { getDocumentProxy } = await import('unpdf');
  try {
    const document = await getDocumentProxy(data, { verbosity: 0 });
    const pages: string[] = [];
    let chars = 0;
    while (pages.length < document.numPages && chars < mostChars) {
      const page = await document.getPage(pages.length + 1);
      const { items } = await page.getTextContent();
      const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
      pages.push(text.trim());
      chars += text.length;
    }
    const text = cutText(pages.join('\n\n').trim(), mostChars);
    return { kind: 'text', text, pages: document.numPages, readPages: pages.length };
  } catch (error) {
    return { kind: (error as Error).name === 'PasswordException' ? 'locked' : 'broken' };
  }
}
