import type { Worker } from 'node:worker_threads';
import { systemClock } from '@mobyclaw/lib/clock';
import { expect, onTestFinished, test } from 'vitest';
import { pdfOf } from '../testing/pdf.ts';
import { readPdf } from './pdf-text.ts';

/** What the threads of this process do, in order. */
function watchThreads(onStart: () => void = () => undefined): string[] {
  const log: string[] = [];
  const watch = (worker: Worker): void => {
    log.push('start');
    worker.once('exit', () => log.push('end'));
    onStart();
  };
  process.on('worker', watch);
  onTestFinished(() => void process.off('worker', watch));
  return log;
}

function read(text: string, signal = new AbortController().signal): ReturnType<typeof readPdf> {
  return readPdf(pdfOf([text]), 1000, systemClock, signal);
}

test('of PDFs that come at once, one is read after the other', async () => {
  const threads = watchThreads();
  const outcomes = await Promise.all([read('one'), read('two')]);
  expect(outcomes).toMatchObject([{ text: 'one' }, { text: 'two' }]);
  expect(threads).toEqual(['start', 'end', 'start', 'end']);
});

test('what is taken back ends its thread, or never gets one, and the next is read', async () => {
  const running = new AbortController();
  const waiting = new AbortController();
  const threads = watchThreads(() => running.abort(new Error('taken back')));
  const outcomes = Promise.allSettled([
    read('one', running.signal),
    read('two', waiting.signal),
    read('three'),
  ]);
  waiting.abort(new Error('not begun'));
  expect(await outcomes).toMatchObject([
    { reason: new Error('taken back') },
    { reason: new Error('not begun') },
    { value: { text: 'three' } },
  ]);
  expect(threads).toEqual(['start', 'end', 'start', 'end']);
});
