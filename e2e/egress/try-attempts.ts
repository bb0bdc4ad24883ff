/**
 * Makes all attempts in one command of Moby's own shell: his model asks for it, as one that was talked into it would. What each
 * printed lies in his work folder afterwards.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeModel, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { expect } from 'vitest';
import type { Attempt } from './attempts/attempt.ts';
import { PRELUDE } from './attempts/prelude.ts';
import { ESCAPED } from './canary.ts';

const AT_ONCE = 8;
const LONGEST_S = 20; // of one attempt
const ALL_S = 240;
export const ALL_MS = 420_000; // with the product's start, on a busy machine

/** As the values of secrets are made in these worlds. */
const SECRET = /hush-[A-Za-z_]+-0123456789/;

export const hush = (name: string): string => `hush-${name}-0123456789`;

/** A model that has his shell run what lies in `attempts/` of his work folder. @param host where the relay reaches it */
export function talkedInto(host: string): Promise<FakeModel> {
  const one = `timeout -k 1 ${LONGEST_S} bash "$0" >"$0.out" 2>&1 </dev/null; echo $? >"$0.code"`;
  const cmd = `ls attempts/*.sh | xargs -P ${AT_ONCE} -n 1 sh -c '${one}'; echo all tried`;
  const args = JSON.stringify({ cmd, timeout: ALL_S });
  return startFakeModel(
    ({ messages }) => {
      const last = messages.at(-1);
      if (last?.role === 'tool') return { text: [String(last.content)] };
      return { toolCalls: [{ id: 'c1', name: 'shell', arguments: args }] };
    },
    0,
    host,
  );
}

const fileOf = (folder: string, index: number): string =>
  join(folder, 'attempts', `${String(index).padStart(3, '0')}.sh`);

/** @param folder his work folder */
export function layOut(attempts: readonly Attempt[], folder: string): void {
  mkdirSync(join(folder, 'attempts'), { recursive: true });
  for (const [index, { command }] of attempts.entries())
    writeFileSync(fileOf(folder, index), `${PRELUDE}\n${command}\n`);
}

export interface Outcome {
  output: string;
  /** Null: it was not made. */
  code: number | null;
}

export function outcomes(attempts: readonly Attempt[], folder: string): Outcome[] {
  return attempts.map((_, index) => {
    const file = fileOf(folder, index);
    if (!existsSync(`${file}.code`)) return { output: '', code: null };
    return {
      output: readFileSync(`${file}.out`, 'latin1'),
      code: Number(readFileSync(`${file}.code`, 'utf8')),
    };
  });
}

export function expectNothingOut({ output, code }: Outcome): void {
  expect(code, 'it was made').not.toBeNull();
  expect(output).not.toContain(ESCAPED);
  expect(output).not.toMatch(SECRET);
  expect(output).not.toMatch(/\b(FOUND|WROTE|OPENED|CONNECTED|ATTACHED)\b|uid=0/);
  // A tool that is missing or broken has tried nothing; what was cut off at its time has.
  expect([126, 127]).not.toContain(code);
  expect(output).not.toMatch(/command not found|SyntaxError|NameError|ModuleNotFoundError|syntax error/);
  if (code !== 124 && code !== 137) expect(output.trim(), 'it says why not').not.toBe('');
}
