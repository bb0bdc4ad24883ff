/** The text of a PDF, within bounds of time and memory, whatever the file does to its parser. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { PdfOutcome, PdfTask } from './pdf-worker.ts';

const TIMEOUT_MS = 30_000;
const MOST_MEMORY_MB = 256;

/** Never rejects. `late`: it took too long. */
export async function readPdf(
  data: Uint8Array,
  mostChars: number,
  clock: Clock,
): Promise<PdfOutcome | { kind: 'late' }> {
  const { programUrl } = await import('./pdf-worker.ts');
  const task: PdfTask = { data, mostChars };
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
  try {
    return await withTimeout<PdfOutcome | { kind: 'late' }>(clock, TIMEOUT_MS, outcome, () => ({
      kind: 'late',
    }));
  } finally {
    await worker.terminate();
  }
}
