/** `init` as a person goes through it: the real prompts over streams, keys typed when their question is on the screen. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Context } from '../context.ts';
import { answer } from '../testing/answer.ts';
import { freePort } from '../testing/free-port.ts';
import { type MemoryTerminal, memoryTerminal } from '../testing/memory-terminal.ts';
import { startProvider } from '../testing/provider-server.ts';
import { init } from './init.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';
const ROOT = join(import.meta.dirname, '../../..');

interface Person {
  folder: string;
  home: string;
  envFile: string;
  begin(): { terminal: MemoryTerminal; ended: Promise<string> };
}

async function person(env: Record<string, string> = {}): Promise<Person> {
  const folder = temporaryFolder();
  const home = join(folder, 'moby');
  const envFile = join(folder, 'settings.env');
  const port = String(await freePort());
  return {
    folder,
    home,
    envFile,
    begin() {
      const terminal = Object.assign(memoryTerminal(true), {
        env: { PATH: '/nonexistent', MOBYCLAW_ENV_FILE: envFile, MOBYCLAW_PORT: port, NO_COLOR: '1', ...env },
      });
      const context = new Context({ terminal, checkout: ROOT, version: '0.1.0' });
      const ended = init(context, {}).then(
        (mode) => mode,
        (error: Error) => error.message,
      );
      return { terminal, ended };
    },
  };
}

test('the first time, through all questions: a refused key is typed again, secrets are not shown', async () => {
  const provider = await startProvider('sk-ant-right', [
    'claude-sonnet-4-5-20250929',
    'claude-opus-4-5-20251101',
  ]);
  const one = await person({ ANTHROPIC_BASE_URL: provider.url });
  const project = join(one.folder, 'My Project');
  mkdirSync(project);
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['Data directory', `${'\u0015'}${one.home}${ENTER}`],
    ['Whose model', ENTER],
    ['Anthropic API key', `sk-ant-wrong${ENTER}`],
    ['Anthropic refuses the key', ''],
    ['What now?', ENTER],
    ['Anthropic API key', `sk-ant-right${ENTER}`],
    ['takes the key', ''],
    ['Model', `${DOWN}${ENTER}`],
    ['Where else than here', ` ${ENTER}`],
    ['@BotFather', ''],
    ['Bot token', `nonsense${ENTER}`],
    ['looks like', `${'\u0015'}123:secret-telegram${ENTER}`],
    ['Your id there', `me${ENTER}`],
    ['must be ids', `${'\u0015'}42${ENTER}`],
    ['What should Moby call you', `Alice${ENTER}`],
    ['Which do you want to give him', ` ${ENTER}`],
    ['GITHUB_TOKEN (empty', `ghp_secret${ENTER}`],
    ['Give Moby a folder', `y${ENTER}`],
    ['Folder', `${project}${ENTER}`],
    ['Name for it', ENTER],
    ['He may', `${DOWN}${ENTER}`],
    ['Another one?', ENTER],
    ['How often', `2h${ENTER}`],
    ['Between', ENTER],
    ['Your time zone', `Mars${ENTER}`],
    ['is not a time zone', `${'\u0015'}Asia/Tokyo${ENTER}`],
  ]);
  expect(await ended).toBe('local');
  expect(terminal.out).toBe('');
  for (const secret of ['sk-ant-wrong', 'sk-ant-right', 'secret-telegram', 'ghp_secret']) {
    expect(terminal.screen).not.toContain(secret);
  }
  expect(provider.seen.map(({ key }) => key)).toEqual(['sk-ant-wrong', 'sk-ant-right']);
  expect(statSync(one.envFile).mode & 0o777).toBe(0o600);
  expect(parseEnv(readFileSync(one.envFile, 'utf8'))).toMatchObject({
    MOBYCLAW_HOME: one.home,
    ANTHROPIC_API_KEY: 'sk-ant-right',
    TELEGRAM_BOT_TOKEN: '123:secret-telegram',
    TELEGRAM_ALLOWED_USERS: '42',
    MOBYCLAW_HEARTBEAT_INTERVAL: '2h',
    MOBYCLAW_TZ: 'Asia/Tokyo',
  });
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby.model).toBe('claude-opus-4-5');
  expect(readFileSync(join(one.home, 'MEMORY.md'), 'utf8')).toContain("- The owner's name is Alice.");
  expect(readFileSync(join(one.home, 'credentials.env'), 'utf8')).toContain('\nGITHUB_TOKEN=ghp_secret\n');
  expect(readFileSync(join(one.home, 'workspaces.conf'), 'utf8')).toContain(`\nmy-project=${project}:ro\n`);
  expect(terminal.err).toContain('./mobyclaw up --local');
}, 60_000);

test('what the environment brings and is said yes to stands in .env afterwards', async () => {
  const env = {
    TELEGRAM_BOT_TOKEN: '123:secret-telegram',
    TELEGRAM_ALLOWED_USERS: '42',
    MOBYCLAW_HEARTBEAT_INTERVAL: '2h',
    MOBYCLAW_ACTIVE_HOURS: '09:00-10:00',
    MOBYCLAW_TZ: 'Asia/Tokyo',
  };
  const one = await person(env);
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['Data directory', `${'\u0015'}${one.home}${ENTER}`],
    ['Whose model', `${DOWN.repeat(4)}${ENTER}`],
    ['Where else than here', ` ${ENTER}`],
    ['TELEGRAM_BOT_TOKEN is set', ENTER],
    ['Your id there', ENTER],
    ['What should Moby call you', `Alice${ENTER}`],
    ['Which do you want to give him', ENTER],
    ['Give Moby a folder', ENTER],
    ['How often', ENTER],
    ['Between', ENTER],
    ['Your time zone', ENTER],
  ]);
  expect(await ended).toBe('local');
  expect(terminal.screen).not.toContain('secret-telegram');
  expect(parseEnv(readFileSync(one.envFile, 'utf8'))).toMatchObject(env);
}, 60_000);

test('again: shows what is set, masked, and changes what is asked for alone', async () => {
  const one = await person();
  mkdirSync(one.home);
  const before = `# mine\nMOBYCLAW_HOME=${one.home}\nANTHROPIC_API_KEY=sk-ant-abcdefghij1234\nMOBYCLAW_TZ=UTC\n`;
  writeFileSync(one.envFile, before, { mode: 0o600 });
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['ANTHROPIC_API_KEY …1234', ''],
    ['What do you want to change?', `${DOWN.repeat(6)} ${ENTER}`],
    ['How often', `off${ENTER}`],
    ['Your time zone', ENTER],
  ]);
  expect(await ended).toBe('local');
  expect(terminal.screen).not.toContain('abcdefghij');
  const text = readFileSync(one.envFile, 'utf8');
  expect(text.startsWith(before)).toBe(true);
  expect(parseEnv(text)).toMatchObject({ MOBYCLAW_HEARTBEAT_INTERVAL: 'off', MOBYCLAW_TZ: 'UTC' });
  expect(existsSync(join(one.home, 'soul.yaml'))).toBe(false);
});

test('a provider that cannot be reached does not stop it', async () => {
  const one = await person({ OPENAI_BASE_URL: `http://127.0.0.1:${await freePort()}/v1` });
  writeFileSync(one.envFile, `MOBYCLAW_HOME=${one.home}\n`, { mode: 0o600 });
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['What do you want to change?', `${DOWN} ${ENTER}`],
    ['Whose model', `${DOWN}${ENTER}`],
    ['OpenAI API key', `sk-typed-now${ENTER}`],
    ['could not be checked', ''],
    ['What now?', `${DOWN}${ENTER}`],
    ['Model', ENTER],
  ]);
  expect(await ended).toBe('local');
  expect(parseEnv(readFileSync(one.envFile, 'utf8')).OPENAI_API_KEY).toBe('sk-typed-now');
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby).toMatchObject({
    provider: 'openai',
    model: 'gpt-5-mini',
  });
});

test.each([
  ['Ctrl-C', (terminal: MemoryTerminal) => void terminal.stdin.write(CTRL_C)],
  ['the end of the input', (terminal: MemoryTerminal) => void terminal.stdin.end()],
])('%s in the middle leaves everything as it was', async (_what, leave) => {
  const one = await person();
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['Data directory', `${'\u0015'}${one.home}${ENTER}`],
    ['Whose model', ''],
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  leave(terminal);
  expect(await ended).toBe('Left off. Nothing was changed.');
  expect([existsSync(one.home), existsSync(one.envFile)]).toEqual([false, false]);
});

test('"None for now" does what it says, though keys are set', async () => {
  const one = await person();
  mkdirSync(one.home);
  const before = `MOBYCLAW_HOME=${one.home}\nANTHROPIC_API_KEY=sk-ant-abcdefghij1234\nMOBYCLAW_TZ=UTC\n`;
  writeFileSync(one.envFile, before, { mode: 0o600 });
  const { terminal, ended } = one.begin();
  await answer(terminal, [
    ['Go on like that?', ENTER],
    ['What do you want to change?', `${DOWN} ${ENTER}`],
    ['Whose model', `${DOWN.repeat(4)}${ENTER}`],
  ]);
  expect(await ended).toBe('local');
  expect(parse(readFileSync(join(one.home, 'soul.yaml'), 'utf8')).models.moby).toMatchObject({
    provider: 'offline',
    model: 'offline',
  });
  expect(parseEnv(readFileSync(one.envFile, 'utf8'))).toMatchObject({
    ANTHROPIC_API_KEY: 'sk-ant-abcdefghij1234',
    MOBYCLAW_AGENT: 'embedded',
  });
});
