/** The text of a PDF, within bounds of time and memory, whatever the file does to its parser. */
import { spawn } from 'node:child_process';
import type { Clock } from '@mobyclaw/lib/clock';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import type { PdfOutcome } from './pdf-reader.ts';

const TIMEOUT_MS = 30_000;
const MOST_MEMORY_BYTES = 350_000_000; // a file of 20 MB takes 240 with Node and the parser; the gateway's container has 512
const MOST_HEAP_MB = 192; // so that V8 collects garbage before that is reached
const MOST_OUTPUT_BYTES = 2_000_000; // 100,000 characters, and room for how JSON writes them

/** `heavy`: it takes more memory or time than a document is worth. */
export type PdfText = PdfOutcome | { kind: 'heavy' };

/** One at a time, for all chats: each of them may take that much memory and a core. */
const readers = new SerialQueue();

/**
 * Waits for those before it; the time runs from when it is begun.
 * @throws only the reason of the signal, which ends it
 */
export function readPdf(
  data: Uint8Array,
  mostChars: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<PdfText> {
  return readers.run(() => readInProcess(data, mostChars, clock, signal));
}

async function readInProcess(
  data: Uint8Array,
  mostChars: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<PdfText> {
  const { program } = await import('./pdf-reader.ts');
  signal.throwIfAborted();
  const args = [
    `--max-old-space-size=${MOST_HEAP_MB}`,
    program,
    String(MOST_MEMORY_BYTES),
    String(mostChars),
  ];
  const reader = spawn(process.execPath, args, {
    env: {}, // it needs none, and some of ours is secret
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const stop = (): void => void reader.kill('SIGKILL');
  const output: Buffer[] = [];
  let bytes = 0;
  reader.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_OUTPUT_BYTES) stop();
    else output.push(chunk);
  });
  reader.stdin.on('error', () => undefined); // it ended before it had read all: its end says why
  reader.stdin.end(data);
  const ended = new Promise<PdfText>((resolve) => {
    reader.once('error', () => resolve({ kind: 'broken' })); // it could not be started
    reader.once('close', (_code, killed) =>
      resolve(killed === null ? outcomeOf(Buffer.concat(output)) : { kind: 'heavy' }),
    );
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    const read = await withTimeout<PdfText>(clock, TIMEOUT_MS, ended, () => ({ kind: 'heavy' }));
    signal.throwIfAborted();
    return read;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await ended;
  }
}

function outcomeOf(output: Buffer): PdfText {
  return output.length === 0 ? { kind: 'broken' } : (JSON.parse(output.toString()) as PdfOutcome);
}
