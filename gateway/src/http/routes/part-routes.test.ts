/** Logs, followed by whoever looks on. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';

test('a log is followed by a stream that goes on where it was cut; one that is not there is refused', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, 'logs'));
  const path = join(home, 'logs/memory.log');
  writeFileSync(path, 'one\ntwo\n');
  const moby = await openHarness({ home });

  async function follow(part: string, since: string | null = null) {
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const response = await fetch(`http://127.0.0.1:${moby.port}/api/logs/stream?part=${part}`, {
      headers: {
        authorization: `Bearer ${moby.token}`,
        'accept-encoding': 'identity',
        ...(since !== null && { 'last-event-id': since }),
      },
      signal: abort.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      response,
      cut: () => abort.abort(),
      /** @returns the id of the last block, once this was read */
      async until(line: string): Promise<string | undefined> {
        while (!text.includes(JSON.stringify(line))) text += (await reader?.read())?.value ?? '';
        return [...text.matchAll(/^id:(.+)$/gm)].at(-1)?.[1];
      },
      text: () => text,
    };
  }

  const first = await follow('memory');
  expect(first.response.headers.get('content-type')).toContain('text/event-stream');
  await first.until('two');
  appendFileSync(path, 'three\n');
  const id = await first.until('three');
  first.cut();
  appendFileSync(path, 'four\n');
  const second = await follow('memory', id);
  await second.until('four');
  expect(second.text()).not.toContain('three');
  expect((await follow('nothing')).response.status).toBe(404);
  expect((await moby.call('GET', '/api/logs?part=memory')).body.lines).toHaveLength(4);
});
