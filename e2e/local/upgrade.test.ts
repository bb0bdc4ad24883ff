/**
 * Changing versions with real builds of a checkout: what runs stays what it is until `up` or `upgrade`, and an upgrade
 * whose new version changes the schema and does not come up goes back to the backup, wherever it was killed on the way.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkout, newCheckout } from './checkout.ts';
import { type Finished, type Moby, newMoby } from './moby.ts';

const SLOW_MS = 420_000;
const MIGRATIONS = 'gateway/src/store/migrations.ts';
const LAST_STEP = '] as const satisfies';
const MAIN = 'gateway/src/main.ts';
const CRASH = "\nif (process.pid > 0) throw new Error('a broken release');\n";
const LISTENS = "logger.info({ port: gateway.port, startMs }, 'ready');";

let folder: string;
let checkout: Checkout;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mobyclaw-upgrade-'));
  checkout = newCheckout(folder);
  checkout.build('old');
  checkout.edit(MIGRATIONS, LAST_STEP, `  'ALTER TABLE tokens ADD COLUMN of_the_new TEXT',\n${LAST_STEP}`);
  checkout.edit('protocol/src/schema-version.ts', 'GATEWAY_SCHEMA = ', 'GATEWAY_SCHEMA = 1 + ');
  checkout.edit(MAIN, LISTENS, `${LISTENS}${CRASH}`);
  checkout.build('broken');
  checkout.edit(MAIN, CRASH, '');
  checkout.build('new');
}, SLOW_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Moby on the old version, who knows Alice. */
async function oldMoby(): Promise<Moby> {
  checkout.checkOut('old');
  const moby = await newMoby({ PATH: checkout.path }, checkout.launcher);
  const up = await moby.cli(['up', '--local']);
  expect([up.code, up.stderr]).toEqual([0, expect.not.stringContaining('Building')]);
  expect((await moby.cli(['run', 'Remember that my name is Alice'])).code).toBe(0);
  return moby;
}

function schema({ home }: Moby): number {
  using database = new DatabaseSync(join(home, 'gateway/gateway.db'), { readOnly: true, timeout: 5_000 });
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}

interface Running {
  build: string;
  state: string;
}

function running({ home }: Moby): Running {
  return JSON.parse(readFileSync(join(home, 'run/local.json'), 'utf8')) as Running;
}

interface Journal {
  step: string;
  backup: string | null;
  putBack: object | null;
}

function journal({ home }: Moby): Journal | null {
  const path = join(home, 'run/upgrade.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Journal) : null;
}

/** Runs `upgrade` and kills it with SIGKILL as soon as `when` is true. */
async function killedUpgrade(moby: Moby, when: (journal: Journal | null) => boolean): Promise<Finished> {
  let done = false;
  let pid = 0;
  const finished = moby
    .cli(['upgrade'], { onStart: (started) => (pid = started) })
    .finally(() => (done = true));
  while (!done) {
    if (when(journal(moby))) {
      process.kill(pid, 'SIGKILL');
      break;
    }
    await sleep(1);
  }
  return finished;
}

/** The old version on its own data, whole, and nothing left of the way. */
async function expectOld(moby: Moby, oldSchema: number): Promise<void> {
  expect(running(moby)).toMatchObject({ state: 'ready' });
  expect(schema(moby)).toBe(oldSchema);
  expect(journal(moby)).toBeNull();
  expect(readFileSync(join(moby.home, 'MEMORY.md'), 'utf8')).toContain('Alice');
  expect((await moby.cli(['run', '--session', 'another', "What's my name?"])).stdout).toContain('Alice');
  expect((await moby.cli(['history', 'search', 'Alice'])).stdout).toContain('Remember that my name');
}

test(
  'after git pull no command changes what runs, not even where a part of it is killed; upgrade does, and says what it is',
  async () => {
    const moby = await oldMoby();
    const { build } = running(moby);
    const oldSchema = schema(moby);
    checkout.checkOut('new');
    for (const command of ['status', 'doctor', 'logs']) await moby.cli([command]);
    const before = moby.pid('gateway');
    process.kill(before, 'SIGKILL');
    const answer = async (): Promise<string> => (await moby.cli(['run', "What's my name?"])).stdout;
    while (!(await answer()).includes('Alice')) await sleep(50);
    expect(moby.pid('gateway')).not.toBe(before);
    expect((await moby.cli(['restart'])).code).toBe(0);
    expect((await moby.cli(['restart', 'gateway'])).code).toBe(0);
    expect([running(moby).build, schema(moby)]).toEqual([build, oldSchema]);
    await moby.cli(['down']);
    expect((await moby.cli(['service', 'start'])).code).toBe(0); // as after a reboot
    expect([running(moby).build, schema(moby)]).toEqual([build, oldSchema]);

    const upgraded = await moby.cli(['upgrade']);
    expect([upgraded.code, upgraded.stdout]).toEqual([
      0,
      expect.stringMatching(/runs on version .*\(build \w+\)/),
    ]);
    expect(running(moby).build).not.toBe(build);
    expect(schema(moby)).toBe(oldSchema + 1);
    expect(await answer()).toContain('Alice');
    expect((await moby.cli(['upgrade'])).stdout).toContain('of this version already');
    expect(readdirSync(join(moby.home, 'run/builds'))).toHaveLength(1);
  },
  SLOW_MS,
);

test(
  'a new version that changes the schema and does not come up: the backup is brought back, and how to get the old source',
  async () => {
    const moby = await oldMoby();
    const { build } = running(moby);
    const oldSchema = schema(moby);
    checkout.checkOut('broken');
    const failed = await moby.cli(['upgrade']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('a broken release');
    expect(failed.stderr).toContain('The version from before runs again.');
    expect(failed.stderr).toContain('The new version had changed the data');
    expect(failed.stderr).toContain(`git -C '${checkout.root}' checkout ${checkout.commit('old')}`);
    expect(running(moby).build).toBe(build);
    await expectOld(moby, oldSchema);
    const aside = readdirSync(join(moby.home, 'backups')).find((name) => name.startsWith('after-upgrade-'));
    expect(existsSync(join(moby.home, 'backups', aside ?? '', 'gateway/gateway.db'))).toBe(true);

    // The checkout is still the new one, and nobody says anything else.
    expect((await moby.cli(['doctor'])).stdout).toContain('the program');
    checkout.checkOut('old');
    expect((await moby.cli(['upgrade'])).stdout).toContain('of this version already');
    expect((await moby.cli(['up'])).stderr).toContain('already running');
  },
  SLOW_MS,
);

describe('killed in the middle, and taken up by the next up', () => {
  const migrated = (moby: Moby, old: number) => (at: Journal | null) =>
    at?.step === 'start' && existsSync(join(moby.home, 'gateway/gateway.db')) && schema(moby) > old;

  test.each<[string, (moby: Moby, old: number) => (at: Journal | null) => boolean]>([
    ['while the backup is made', () => (at) => at?.step === 'stop'],
    ['when the backup is there', () => (at) => at?.step === 'start'],
    ['when the new one has migrated', migrated],
    ['when its health has failed', () => (at) => at?.step === 'back'],
    ['while the backup is brought back', () => (at) => at?.putBack != null],
  ])(
    '%s',
    async (_name, when) => {
      const moby = await oldMoby();
      const oldSchema = schema(moby);
      checkout.checkOut('broken');
      const killed = await killedUpgrade(moby, when(moby, oldSchema));
      expect([killed.code, journal(moby)]).toEqual([null, expect.anything()]);
      expect((await moby.cli(['status'])).stderr).toContain('./mobyclaw up goes on with it');
      const up = await moby.cli(['up', '--local']);
      expect([up.code, up.stderr]).toEqual([
        1,
        expect.stringContaining('The version from before runs again.'),
      ]);
      await expectOld(moby, oldSchema);
    },
    SLOW_MS,
  );

  test(
    'a good one is finished',
    async () => {
      const moby = await oldMoby();
      const oldSchema = schema(moby);
      checkout.checkOut('new');
      await killedUpgrade(moby, migrated(moby, oldSchema));
      const up = await moby.cli(['up', '--local']);
      expect([up.code, up.stderr]).toEqual([0, expect.stringContaining('going on with it')]);
      expect([schema(moby), journal(moby)]).toEqual([oldSchema + 1, null]);
      expect((await moby.cli(['run', '--session', 'another', "What's my name?"])).stdout).toContain('Alice');
    },
    SLOW_MS,
  );
});
