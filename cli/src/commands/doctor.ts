/** Looks at everything that can be wrong and says what to do about it. Changes nothing but with `--fix`. Exits 1 where a check fails. */

import { plainUrl } from '@mobyclaw/lib/plain-url';
import { SETTING_NAMES, SETTINGS } from '@mobyclaw/lib/settings';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import type { Check } from '../doctor/check.ts';
import { dataChecks } from '../doctor/data-checks.ts';
import { machineChecks } from '../doctor/machine-checks.ts';
import { stackChecks } from '../doctor/stack-checks.ts';
import type { Settings } from '../settings.ts';
import { print, printJson, say, styled, type Terminal, table } from '../terminal.ts';

interface Effective {
  name: string;
  value: string | null;
  origin: string;
  /** Who gets it, besides `mobyclaw` itself. */
  parts: readonly string[];
  about: string;
}

interface Options {
  fix?: true;
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .option('--json', 'print JSON')
    .option(
      '--fix',
      'mend what can be mended without harm: rights of files, folders that are missing, stale files',
    )
    .action(async (options: Options) => exit(await doctor(context, options)));
};

async function doctor(context: Context, { json, fix }: Options): Promise<ExitCode> {
  const { terminal, settings } = context;
  let checks = await allChecks(context);
  const mendable = fix ? checks.filter((check) => check.fix !== undefined) : [];
  for (const check of mendable) {
    await check.fix?.();
    say(terminal, `Mended: ${check.name}: ${check.detail}`);
  }
  if (mendable.length > 0) checks = await allChecks(context);
  const failed = checks.filter(({ status }) => status === 'fail').length;
  if (json) printJson(terminal, { ok: failed === 0, checks, settings: effective(settings) });
  else {
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const check of checks) print(terminal, render(terminal, check, width));
    print(terminal, `\nSettings in force (${settings.file}, the environment above it):`);
    print(
      terminal,
      table(
        effective(settings).map(({ name, value, origin, parts }) => [
          `  ${name}`,
          value ?? '-',
          origin,
          parts.length === 0 ? '' : `→ ${parts.join(', ')}`,
        ]),
      ),
    );
    if (settings.others.length > 0) print(terminal, `  handed on as they are: ${settings.others.join(', ')}`);
    print(
      terminal,
      `\n${failed === 0 ? 'Nothing is wrong.' : `${failed} of ${checks.length} checks failed.`}`,
    );
    if (!fix && checks.some((check) => check.fix !== undefined)) {
      print(terminal, './mobyclaw doctor --fix mends some of it.');
    }
  }
  return failed === 0 ? EXIT.ok : EXIT.failure;
}

async function allChecks(context: Context): Promise<Check[]> {
  const checks = [
    ...(await machineChecks(context)),
    ...(await dataChecks(context)),
    ...(await stackChecks(context)),
  ];
  // What a file looks like from here is nothing against what the agent says of it.
  const wrong = new Set(checks.flatMap(({ name, status }) => (status === 'fail' ? name : [])));
  return checks.filter(({ name, status }) => status !== 'ok' || !wrong.has(name));
}

function render(terminal: Terminal, { name, status, detail, remedy }: Check, width: number): string {
  const colour = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const head = `${styled(terminal, 'stdout', colour[status], status.padEnd(4))}  ${name.padEnd(width)}  ${detail}`;
  return remedy === undefined ? head : `${head}\n${' '.repeat(width + 8)}→ ${remedy}`;
}

/** Secrets are told to be there, not shown. */
function effective({ environment, origin }: Settings): Effective[] {
  return SETTING_NAMES.map((name) => {
    const { about, secret, parts } = SETTINGS[name];
    const value = environment[name];
    const shown = value === undefined ? null : secret ? 'set' : plainUrl(value);
    return { name, value: shown, origin: value === undefined ? 'not set' : origin[name], parts, about };
  });
}
