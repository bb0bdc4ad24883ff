/** The program as it is started, behind a proxy: its provider has a name that nobody can look up. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate, startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { fakeSoul, testClient } from '../testing/agent.ts';

const MAIN = join(import.meta.dirname, '../main.ts');

/** @returns what the run of one prompt came to, as text */
async function askBehind(environment: Record<string, string>): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'soul.yaml'), fakeSoul('https://models.test/v1'));
  const files = ['soul.yaml', '--session-db', 'session.db', '--working-dir', folder];
  const child = spawn(process.execPath, [MAIN, 'serve', 'api', ...files, '--listen', '127.0.0.1:0'], {
    env: { PATH: process.env.PATH, HOME: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      output += piece;
    });
  const address = await until('the agent to listen', () => /^Listening on (.*)$/m.exec(output)?.[1], 30_000);
  const client = testClient(`http://${address}`, folder);
  const events = await client.run(await client.newSession(), 'are you there');
  return `${JSON.stringify(events)}\n${output}`;
}

test.skipIf(!requireTool('openssl'))('the model is asked through a tunnel', async () => {
  const model = await startFakeModel(() => ({ text: ['I am ', 'here.'] }));
  onTestFinished(() => model.close());
  const { path, ...certificate } = makeCertificate(temporaryFolder(), ['models.test']);
  const far = { port: Number(new URL(model.baseUrl).port), certificate };
  const proxy = await startConnectProxy({ hosts: { 'models.test:443': far }, login: 'moby:s3cret' });
  onTestFinished(() => proxy.close());
  const said = await askBehind({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: path });
  expect(said).toContain('here.');
  expect(said).not.toContain('s3cret');
  expect(model.requests).toHaveLength(1);
  expect(proxy.asked).toEqual(['CONNECT models.test:443']);
});

test('a proxy that lets nobody through is told as such', async () => {
  const proxy = await startConnectProxy({ login: 'moby:s3cret' });
  onTestFinished(() => proxy.close());
  const said = await askBehind({ https_proxy: `moby:s3cret-of-old@127.0.0.1:${proxy.port}` });
  expect(said).toMatch(/cannot reach models\.test: the proxy refuses the name and the password/);
  expect(said).not.toContain('s3cret');
});
