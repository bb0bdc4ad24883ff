/** The text of a PDF, within bounds of time and memory, whatever the file does to its parser. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@mobyclaw/lib/clock';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { PdfOutcome, PdfTask } from './pdf-worker.ts';

const TIMEOUT_MS = 30_000;
const MOST_MEMORY_MB = 256;

/** One at a time, for all chats: each of them may take that much memory and a core. */
const readers = new SerialQueue();

/**
 * Waits for those before it; the time runs from when it is begun. `late`: it took too long.
 * @throws only the reason of the signal, which ends it
 */
export function readPdf(
  data: Uint8Array,
  mostChars: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<PdfOutcome | { kind: 'late' }> {
  return readers.run(() => readInThread({ data, mostChars }, clock, signal));
}

async function readInThread(
  task: PdfTask,
  clock: Clock,
  signal: AbortSignal,
): Promise<PdfOutcome | { kind: 'late' }> {
  const { programUrl } = await import('./pdf-worker.ts');
  signal.throwIfAborted();
  const worker = new Worker(new URL(programUrl), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    env: {}, // it needs none, and some of ours is secret
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  const outcome = new Promise<PdfOutcome>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', () => resolve({ kind: 'broken' })); // out of memory
    worker.once('exit', () => resolve({ kind: 'broken' }));
  });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const read = await withTimeout<PdfOutcome | { kind: 'late' }>(clock, TIMEOUT_MS, outcome, () => ({
      kind: 'late',
    }));
    signal.throwIfAborted();
    return read;
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
