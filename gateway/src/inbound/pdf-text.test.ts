import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemClock } from '@mobyclaw/lib/clock';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { bombOf, pdfOf } from '../testing/pdf.ts';
import { program } from './pdf-reader.ts';
import { readPdf } from './pdf-text.ts';

/** What the processes of this one do, in order. */
function watchProcesses(onStart: (child: ChildProcess) => void = () => undefined): string[] {
  const log: string[] = [];
  const watch = (message: unknown): void => {
    const child = (message as { process: ChildProcess }).process;
    log.push('start');
    child.once('exit', () => log.push('end'));
    onStart(child);
  };
  subscribe('child_process', watch);
  onTestFinished(() => void unsubscribe('child_process', watch));
  return log;
}

function read(
  data: Buffer,
  signal = new AbortController().signal,
  clock = systemClock,
): ReturnType<typeof readPdf> {
  return readPdf(data, 1000, clock, signal);
}

test('of PDFs that come at once, one is read after the other', async () => {
  const processes = watchProcesses();
  const outcomes = await Promise.all([read(pdfOf(['one'])), read(pdfOf(['two']))]);
  expect(outcomes).toMatchObject([{ text: 'one' }, { text: 'two' }]);
  expect(processes).toEqual(['start', 'end', 'start', 'end']);
});

test('what is taken back ends its process, or never gets one, and the next is read', async () => {
  const running = new AbortController();
  const waiting = new AbortController();
  const processes = watchProcesses(() => running.abort(new Error('taken back')));
  const outcomes = Promise.allSettled([
    read(pdfOf(['one']), running.signal),
    read(pdfOf(['two']), waiting.signal),
    read(pdfOf(['three'])),
  ]);
  waiting.abort(new Error('not begun'));
  expect(await outcomes).toMatchObject([
    { reason: new Error('taken back') },
    { reason: new Error('not begun') },
    { value: { text: 'three' } },
  ]);
  expect(processes).toEqual(['start', 'end', 'start', 'end']);
});

test('one that unpacks to gigabytes is ended before it has them, and the next is read', async () => {
  let most = 0;
  const looking = new AbortController();
  watchProcesses(({ pid }) => {
    const look = setInterval(() => {
      most = Math.max(most, residentBytes(pid ?? 0));
    }, 5);
    looking.signal.addEventListener('abort', () => clearInterval(look));
  });
  expect(await read(bombOf(3000))).toEqual({ kind: 'heavy' });
  looking.abort();
  expect(most).toBeLessThan(450_000_000);
  expect(await read(pdfOf(['two']))).toMatchObject({ text: 'two' });
});

test('one that takes too long is ended', async () => {
  const clock = new ManualClock(0);
  const processes = watchProcesses((child) => {
    child.kill('SIGSTOP'); // whatever it is at, it does not come to an end
    setImmediate(() => clock.advance(30_000));
  });
  expect(await read(pdfOf(['one']), undefined, clock)).toEqual({ kind: 'heavy' });
  expect(processes).toEqual(['start', 'end']);
});

test.skipIf(process.platform !== 'linux')('a reader whose gateway was killed ends by itself', async () => {
  const script = 'exec 3<&0; "$@" <&3 & echo $!; wait';
  const gateway = spawn('sh', ['-c', script, 'sh', process.execPath, program, '300000000', '1000']);
  const [pid] = (await once(gateway.stdout, 'data')) as [Buffer];
  const lives = (): boolean => residentBytes(Number(pid)) > 0;
  expect(lives()).toBe(true);
  gateway.kill('SIGKILL'); // the reader waits for the rest of the file, which never comes
  await until('the end of the reader', () => !lives());
});

/** Zero where the kernel does not tell, or the process is gone. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
