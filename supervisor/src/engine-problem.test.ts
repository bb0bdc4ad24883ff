import { expect, test } from 'vitest';
import { describeEngineProblem } from './engine-problem.ts';

const ESC = '\u001b';

// As 1.32.3 and 1.123 sent them.
const SYNTAX = `failed to get agent tool count: looking for version in config file\n${ESC}[91m[3:9] sequence end token ']' not found${ESC}[0m\n${ESC}[1;97m   1 | ${ESC}[;;22;0m${ESC}[96mversion${ESC}[0m:${ESC}[92m "7"${ESC}[0m${ESC}[96m${ESC}[0m\n${ESC}[1;97m   2 | ${ESC}[;;22;0m${ESC}[96magents${ESC}[0m:${ESC}[96m${ESC}[0m\n${ESC}[1;97m>  3 | ${ESC}[;;22;0m${ESC}[96m  root${ESC}[0m: [${ESC}[92munclosed${ESC}[0m\n               ^\n`;
const AGENT_KEY = `failed to get agent tool count: parsing config file\n${ESC}[91m[4:1] unknown field "no_such_key"${ESC}[0m\n${ESC}[1;97m   1 | ${ESC}[;;22;0m${ESC}[96mdescription${ESC}[0m:${ESC}[92m Soul${ESC}[0m\n${ESC}[1;97m>  4 | ${ESC}[;;22;0m${ESC}[92m${ESC}[0m${ESC}[96mno_such_key${ESC}[0m:${ESC}[95m 1${ESC}[0m\n       ^\n`;
const HINT = `${AGENT_KEY}hint: this key is supported by config version 9; update the top-level 'version' field (currently 7)`;

test('a syntax error has its line and column, and no colours', () => {
  const soul = 'version: "7"\nagents:\n  root: [unclosed\n';
  expect(describeEngineProblem(SYNTAX, soul)).toEqual({
    message: "sequence end token ']' not found.",
    line: 3,
    column: 9,
  });
});

test('a line of the rewritten copy is turned into the line of the owner, or left out', () => {
  const soul = 'version: "7"\nagents:\n  root:\n    model: m\n    instruction: x\n    no_such_key: 1\n';
  expect(describeEngineProblem(AGENT_KEY, soul)).toEqual({
    message: 'unknown field "no_such_key".',
    line: 6,
  });
  const twice = `${soul}  other:\n    no_such_key: 1\n`;
  expect(describeEngineProblem(AGENT_KEY, twice)).toEqual({ message: 'unknown field "no_such_key".' });
});

test('a hint is kept', () => {
  expect(describeEngineProblem(HINT, '').message).toBe(
    'unknown field "no_such_key" hint: this key is supported by config version 9; update the top-level \'version\' field (currently 7)',
  );
});

test('plain words stay plain words', () => {
  const text = "failed to get agent tool count: agent 'root' references non-existent model 'nosuch'";
  expect(describeEngineProblem(text, '')).toEqual({
    message: "agent 'root' references non-existent model 'nosuch'.",
  });
  const version =
    'failed to get agent tool count: parsing config file\nunsupported config version: 99 (valid versions: 0, 1)';
  expect(describeEngineProblem(version, '')).toEqual({
    message: 'unsupported config version: 99 (valid versions: 0, 1)',
  });
  expect(describeEngineProblem('', '').message).toBe('the agent refuses the file.');
});

test("the embedded agent's line is the owner's own", () => {
  expect(
    describeEngineProblem('failed to get agent tool count: soul.yaml line 8, column 1: unknown key "x"', ''),
  ).toEqual({
    message: 'unknown key "x".',
    line: 8,
    column: 1,
  });
  expect(describeEngineProblem('soul.yaml line 2: a model is missing.', '')).toEqual({
    message: 'a model is missing.',
    line: 2,
  });
});
