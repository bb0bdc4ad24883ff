import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { CERTIFICATE_NAMES } from '@mobyclaw/lib/environment-names';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { certificateBundle } from './certificate-bundle.ts';

const pem = (word: string): string => `-----BEGIN CERTIFICATE-----\n${word}\n-----END CERTIFICATE-----`;

async function door(answer: () => string | null) {
  const server = createServer((request, response) => {
    const text = request.url === '/authority.pem' ? answer() : null;
    response.writeHead(text === null ? 503 : 200).end(text ?? '');
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('one file: what the machine trusts, what the owner adds, and the authority of egress', async () => {
  const folder = temporaryFolder();
  const [system, extra, path] = ['system.pem', 'extra.pem', 'bundle.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(system, `# a comment\n${pem('system')}\n${pem('both')}\n`);
  writeFileSync(extra, `${pem('extra')}\n${pem('both')}`);
  const variables = await certificateBundle({
    door: await door(() => `${pem('egress')}\n`),
    path,
    environment: { SSL_CERT_FILE: system, NODE_EXTRA_CA_CERTS: extra },
    clock: new ManualClock(),
    logger: silentLogger,
    withinMs: 0,
  });
  expect(readFileSync(path, 'utf8')).toBe(`${['system', 'both', 'extra', 'egress'].map(pem).join('\n')}\n`);
  expect(statSync(path).mode & 0o444).toBe(0o444);
  expect(variables).toEqual(Object.fromEntries(CERTIFICATE_NAMES.map((name) => [name, path])));
  expect(Object.keys(variables)).toEqual(
    expect.arrayContaining(['SSL_CERT_FILE', 'GIT_SSL_CAINFO', 'PIP_CERT']),
  );
});

test('without files of its own it is the list that Node has', async () => {
  const path = join(temporaryFolder(), 'bundle.pem');
  const environment = { SSL_CERT_FILE: '/nowhere', NODE_EXTRA_CA_CERTS: '/nowhere' };
  const options = { door: await door(() => pem('egress')), clock: new ManualClock(), logger: silentLogger };
  await certificateBundle({ ...options, path, environment, withinMs: 0 });
  expect(readFileSync(path, 'utf8').match(/BEGIN/g)?.length).toBeGreaterThan(50);
});

test('it waits for egress to come up, and goes on without it when that takes too long', async () => {
  const path = join(temporaryFolder(), 'bundle.pem');
  let asked = 0;
  const clock = new ManualClock();
  const at = await door(() => {
    asked += 1;
    return asked > 2 ? pem('egress') : null;
  });
  const options = { path, environment: {}, clock, logger: silentLogger };
  const made = certificateBundle({ ...options, door: at, withinMs: 5_000 });
  for (const times of [1, 2]) {
    await until('a question', () => asked === times && clock.waiting === 1);
    await clock.advance(500);
  }
  expect(Object.keys(await made).length).toBeGreaterThan(5);
  expect(await certificateBundle({ ...options, door: await door(() => null), withinMs: 0 })).toEqual({});
});
