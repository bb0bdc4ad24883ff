/**
 * What Markdown costs the gateway's one thread: input made to be slow for a parser, and a long answer that streams. In this
 * process, as the renderer is a function; the longest time in which nothing else happened is what a person would notice.
 * Times are of the processor, so that what else the machine does is not counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRenderer } from '@mobyclaw/gateway/render/create-renderer';
import { LIMITS } from '@mobyclaw/gateway/render/testing/markdown';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { ms, percentile, type Row } from './row.ts';

const SIZE = 100_000;
const LONG_ANSWER = 50_000;
const GROWS_BY = 200; // a second of a fast model
const UPDATES = 40;
const AIM_BLOCK_MS = 50;
const AIM_UPDATE_MS = 20;

const HOSTILE: Readonly<Record<string, string>> = {
  'quotes in quotes': '>'.repeat(SIZE),
  'deep quotes': filled(`${'>'.repeat(15)} a\n`),
  'quotes and lists': filled('> - '),
  'deep lists': filled(Array.from({ length: 30 }, (_, depth) => `${'  '.repeat(depth)}- a\n`).join('')),
  'a list lazily gone on with': `- a\n${filled('b\n')}`,
  asterisks: filled('*a'),
  'asterisks and underscores': filled('*_'),
  'unclosed emphasis': filled('**a _b '),
  tildes: filled('a~~'),
  'opening brackets': filled('[a]('),
  'closing brackets': filled(']'),
  'bracket pairs': '['.repeat(SIZE / 2) + ']'.repeat(SIZE / 2),
  backticks: Array.from({ length: 440 }, (_, length) => '`'.repeat(length + 1)).join(' '),
  'angle brackets': filled('<a '),
  'footnote calls': filled('[^a]'),
  'link references': `${Array.from({ length: 190 }, (_, index) => `[a${index}]: https://e.example\n`).join('')}\n${filled('[a1] [a2] [a3]\n\n')}`,
  'a wide table': `|${'a|'.repeat(500)}\n|${'-|'.repeat(500)}\n${filled(`|${'b|'.repeat(500)}\n`)}`,
  'a long table': `|a|b|\n|-|-|\n${filled('|b|c|\n')}`,
  headings: filled('# a\n'),
  'one line': filled('word '),
  'one word': 'x'.repeat(SIZE),
};

export async function measureRendering(): Promise<Row[]> {
  for (let run = 0; run < 6; run++) await updates(); // as in a gateway that has rendered before
  let worst = { kind: '', longest: 0, total: 0 };
  for (const [kind, markdown] of Object.entries(HOSTILE)) {
    for (const platform of PLATFORMS) {
      const renderer = await createRenderer(platform);
      const { longest, total } = await longestBlock(() =>
        renderer.renderInSlices(markdown, LIMITS[platform]),
      );
      if (longest > worst.longest) worst = { kind: `${kind}, ${platform}`, longest, total };
    }
  }
  const times = await updates();
  const p99 = percentile(times, 0.99);
  return [
    {
      what: `rendering 100 KB of hostile Markdown, ${Object.keys(HOSTILE).length} kinds (processor time)`,
      gateway: ms(worst.longest),
      reached: `${ms(worst.longest)} without a break at most (${worst.kind}; ${ms(worst.total)} in all)`,
      aim: ms(AIM_BLOCK_MS),
      ok: worst.longest <= AIM_BLOCK_MS,
    },
    {
      what: 'rendering an answer of 50 KB anew as it grows by 200 characters (p50 / p99, processor time)',
      gateway: `${ms(percentile(times, 0.5))} / ${ms(p99)}`,
      reached: `p99 ${ms(p99)}`,
      aim: ms(AIM_UPDATE_MS),
      ok: p99 <= AIM_UPDATE_MS,
    },
  ];
}

async function updates(): Promise<number[]> {
  const section =
    '## A heading\n\nSome **bold** words, `code` and a [link](https://e.example/path_x) in them, and more of it.\n\n' +
    '- one\n- two\n  - three\n\n```js\nconst a = 1;\nif (a) {\n  b();\n}\n```\n\n';
  const answer = section.repeat(Math.ceil((LONG_ANSWER + GROWS_BY * UPDATES) / section.length));
  const times: number[] = [];
  for (const platform of PLATFORMS) {
    const renderer = await createRenderer(platform);
    renderer.render(answer.slice(0, LONG_ANSWER), LIMITS[platform]);
    for (let update = 1; update <= UPDATES; update++) {
      const start = processorMs();
      renderer.render(answer.slice(0, LONG_ANSWER + update * GROWS_BY), LIMITS[platform]);
      times.push(processorMs() - start);
    }
  }
  return times;
}

/** Milliseconds that this thread has worked. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of work between two turns of the event loop while `work` goes on, and until it is done. */
async function longestBlock(work: () => Promise<unknown>): Promise<{ longest: number; total: number }> {
  await sleep(1);
  const start = processorMs();
  let last = start;
  let longest = 0;
  let done = false;
  const turn = (): void => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  done = true;
  const end = processorMs();
  return { longest: Math.max(longest, end - last), total: end - start };
}

function filled(text: string): string {
  return text.repeat(Math.ceil(SIZE / text.length)).slice(0, SIZE);
}
