/**
 * KEY=value files of the owner: `.env` and credentials.env. Node's parser, but for one thing: in a value without quotes a `#`
 * begins a comment only behind a blank, as it does for Docker Compose, which reads the same files. Node alone would make
 * `A=abc#def` mean `abc`, so a password would lose its end without a word.
 */
import { parseEnv } from 'node:util';

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/;

/** @returns by name, as the last assignment says; '' for one without a value */
export function parseEnvText(content: string): Record<string, string> {
  const text = content.replace(/^\uFEFF/, '');
  const values = parseEnv(text) as Record<string, string>;
  const last = new Map<string, string>();
  for (const line of text.split(/\r\n?|\n/)) {
    const [, name, rest] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined && rest !== undefined) last.set(name, rest);
  }
  for (const [name, rest] of last) {
    const value = rest.replace(/[ \t]#.*$/, '').trim();
    // Only where Node took this very line for the assignment, and not one that a value in quotes holds.
    if (value.includes('#') && values[name] === value.slice(0, value.indexOf('#')).trim())
      values[name] = value;
  }
  return values;
}
