/**
 * The examples of docs/permissions.md in the product as it runs: with the soul.yaml it comes with, asked and answered from the
 * command line.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Question } from '@mobyclaw/protocol/question';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { startMcpServer } from '@mobyclaw/testkit/mcp-server';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { type Moby, newMoby } from './moby.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const DOCS = readFileSync(join(ROOT, 'docs/permissions.md'), 'utf8');

/** The `permissions` of an example, as the page has it. */
function example(heading: string): string {
  const block = /\n {4}permissions:\n(?: {4}.*\n)+/.exec(DOCS.slice(DOCS.indexOf(`## ${heading}`)))?.[0];
  if (!block) throw new Error(`docs/permissions.md has no example "${heading}"`);
  return block.replace(/^ {4}/gm, '').trimStart();
}

/** A Moby whose model calls what it is told to: `NAME {JSON}`. */
async function start(permissions: string, { toolset = '', workspaces = '', sandbox = 'auto' } = {}) {
  const model = await startFakeModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === 'tool') return { text: [`The tool said: ${String(last.content).trim()}`] };
    const [, name = 'think', args = '{}'] = /CALL (\w+) (\{.*\})/.exec(wordsOf(last?.content)) ?? [];
    return { toolCalls: [{ id: `call_${messages.length}`, name, arguments: args }] };
  });
  onTestFinished(() => model.close());
  const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key', MOBYCLAW_SANDBOX: sandbox });
  writeFileSync(join(moby.home, 'workspaces.conf'), workspaces);
  const soul = readFileSync(join(ROOT, 'agents/moby/soul.yaml'), 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .replace(/^( *)- type: shell .*$/m, `$&${toolset}`)
    .replace(/^permissions:[\s\S]*$/m, permissions)
    .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`);
  writeFileSync(join(moby.home, 'soul.yaml'), soul);
  const { code, stderr } = await moby.cli(['up', '--local']);
  expect(code, stderr).toBe(0);
  return moby;
}

function wordsOf(content: unknown): string {
  return typeof content === 'string'
    ? content
    : (content as { text?: string }[]).map(({ text = '' }) => text).join('\n');
}

const run = (moby: Moby, call: string, ...options: string[]) => moby.cli(['run', ...options, `CALL ${call}`]);

/** The question that waits, once there is one. */
function asked(moby: Moby): Promise<Question> {
  return until(
    'a question',
    async () => (JSON.parse((await moby.cli(['questions', '--json'])).stdout) as Question[])[0],
    20_000,
  );
}

const answer = (moby: Moby, id: string, ...words: string[]) =>
  moby.cli(['questions', 'answer', id, ...words]);

test('mail is sent only after a yes, and "always" means that mail alone', async () => {
  const sent: unknown[] = [];
  const mail = await startMcpServer({
    send_mail: {
      description: 'Sends a mail',
      inputSchema: { type: 'object', properties: { to: { type: 'string' } } },
      call: (args) => {
        sent.push(args);
        return { content: [{ type: 'text', text: `Sent to ${String(args.to)}.` }] };
      },
    },
  });
  onTestFinished(() => mail.close());
  const permissions = example('Ask before a mail is sent');
  const moby = await start(permissions, {
    toolset: `\n      - { type: mcp, remote: { url: "${mail.url}", transport_type: streamable } }`,
    sandbox: 'off', // from behind the walls nobody reaches a server on this machine's loopback
  });

  const refused = await run(moby, 'send_mail {"to":"ada@example.org"}', '--no-ask');
  expect(refused.stderr).toContain('needs a yes of the owner, and nobody was to be asked');
  expect(sent).toEqual([]);

  const waiting = run(moby, 'send_mail {"to":"ada@example.org"}');
  const question = await asked(moby);
  expect((await moby.cli(['questions', 'show', question.id])).stdout).toContain('to:\n    ada@example.org');
  expect((await moby.cli(['status'])).stdout).toMatch(/questions +1 for you/);
  expect((await answer(moby, question.id, 'no', '--reason', 'she is away')).stdout).toContain(
    'Refused by the owner',
  );
  const no = await waiting;
  expect(no.stderr).toContain('Moby waits for you.');
  expect(no.stdout).toContain('she is away');
  expect(sent).toEqual([]);

  const again = run(moby, 'send_mail {"to":"ada@example.org"}');
  expect((await answer(moby, (await asked(moby)).id, 'always')).stdout).toContain(
    'send_mail:to=ada@example.org',
  );
  expect((await again).stdout).toContain('Sent to ada@example.org.');
  await until('the rule', () =>
    readFileSync(join(moby.home, 'soul.yaml'), 'utf8').includes(
      'allow: ["*", "send_mail:to=ada@example.org:*="]',
    ),
  );
  await until('the reload', async () => (await moby.cli(['status'])).stdout.includes('in force'), 30_000);
  expect((await run(moby, 'send_mail {"to":"ada@example.org"}')).stdout).toContain('Sent to');
  const other = run(moby, 'send_mail {"to":"eve@example.org"}');
  await answer(moby, (await asked(moby)).id, 'no');
  await other;
  expect(sent).toEqual([{ to: 'ada@example.org' }, { to: 'ada@example.org' }]);
}, 300_000);

test('files of one folder are written without a question, others after a yes, and none by way of ".."', async () => {
  const folder = temporaryFolder();
  const notes = join(folder, 'notes');
  mkdirSync(notes);
  const moby = await start(
    example('Ask before something outside a folder is written').replaceAll('/home/you/notes', notes),
    { workspaces: `shared=${folder}\n` }, // the walls let him at it; the permissions are what is tried here
  );
  const write = (path: string, ...options: string[]) =>
    run(moby, `write_file ${JSON.stringify({ path, content: 'x' })}`, ...options);
  await write(join(notes, 'a.md'));
  expect(existsSync(join(notes, 'a.md'))).toBe(true);
  await write(`${notes}/../b.md`);
  expect(existsSync(join(folder, 'b.md'))).toBe(false);
  const outside = write(join(folder, 'c.md'));
  const { id } = await asked(moby);
  expect(existsSync(join(folder, 'c.md'))).toBe(false);
  await answer(moby, id, 'once');
  await outside;
  expect(existsSync(join(folder, 'c.md'))).toBe(true);
  await run(moby, `shell ${JSON.stringify({ cmd: `echo x > ${folder}/d.md` })}`, '--no-ask');
  expect(existsSync(join(folder, 'd.md'))).toBe(false);
  expect((await moby.cli(['questions'])).stderr).toContain('No question waits for you.');
}, 300_000);

test('sudo is never run, whoever asks, and no question is asked about it', async () => {
  const moby = await start(example('Never sudo'));
  for (const cmd of ['sudo id', 'true; sudo id', '/usr/bin/SUDO id', 'echo $(sudo id)']) {
    const { stdout } = await run(moby, `shell ${JSON.stringify({ cmd })}`);
    expect(stdout).toMatch(/denied|permission/i);
  }
  expect((await run(moby, 'shell {"cmd":"echo hello"}')).stdout).toContain('The tool said: hello');
  expect((await moby.cli(['questions', '--all'])).stderr).toContain('not asked anything');
}, 300_000);
