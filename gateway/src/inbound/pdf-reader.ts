/**
 * Takes the text out of a PDF, as a process of its own: a file from outside, with a parser of a megabyte and a half, and
 * what it unpacks to can be a thousand times its size. V8's limits do not count the buffers it is unpacked into, so a
 * thread beside the parser looks at the memory of the whole process and ends it, also when nobody is left to wait for it.
 * In a container the kernel, where it has to end a process, takes this one first.
 *
 * The PDF comes by standard input, the outcome goes to standard output as JSON. This module is the program and, for who
 * starts it, its address.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Worker, workerData } from 'node:worker_threads';
import { cutText } from '@mobyclaw/lib/cut-text';

/** `locked`: by a password. `broken`: it is none that can be read. */
export type PdfOutcome =
  | { kind: 'text'; text: string; pages: number; readPages: number }
  | { kind: 'locked' | 'broken' };

export const program = fileURLToPath(import.meta.url);

interface Watch {
  watchFor: number;
  mostBytes: number;
}

const LOOK_MS = 10; // in which a parser gets through some tens of megabytes

if (isWatch(workerData)) watch(workerData);
else if (import.meta.main) await main(Number(process.argv[2]), Number(process.argv[3]));

function isWatch(given: unknown): given is Watch {
  return typeof given === 'object' && given !== null && 'watchFor' in given;
}

/** The kill is one that the parser cannot put off, and is seen as such from outside. */
function watch({ watchFor, mostBytes }: Watch): void {
  setInterval(() => {
    const alone = process.ppid !== watchFor;
    if (alone || process.memoryUsage.rss() > mostBytes) process.kill(process.pid, 'SIGKILL');
  }, LOOK_MS);
}

async function main(mostBytes: number, mostChars: number): Promise<void> {
  const watchFor = process.ppid;
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000');
  const watcher = new Worker(new URL(import.meta.url), {
    workerData: { watchFor, mostBytes } satisfies Watch,
  });
  await once(watcher, 'online');
  const outcome = await read(new Uint8Array(await buffer(process.stdin)), mostChars);
  process.stdout.write(JSON.stringify(outcome), () => process.exit());
}

async function read(data: Uint8Array, mostChars: number): Promise<PdfOutcome> {
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
