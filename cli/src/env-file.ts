/**
 * Edits of a KEY=value file that the owner edits too: the one line of a name changes, every other byte stays. What is
 * written is read the same by us (lib/env-text) and by Docker Compose, which expands `$` outside single quotes.
 */
import { readFileSync } from 'node:fs';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { CliError, UsageError } from './cli-error.ts';

const BARE = /^[\w./:@%+,=~-]+$/;

/**
 * @param changes by name; null comments the line out
 * @returns the new text; a name that has a commented line takes its place, others are added at the end
 */
export function editEnvText(text: string, changes: Readonly<Record<string, string | null>>): string {
  const lines = text.split('\n');
  const added: string[] = [];
  for (const [name, value] of Object.entries(changes)) {
    const assigned = indexes(lines, new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`));
    if (value === null) {
      for (const index of assigned) lines[index] = `#${name}=`;
      continue;
    }
    const line = `${name}=${quoteEnvValue(name, value)}`;
    const [commented] = indexes(lines, new RegExp(`^#\\s?${name}=`));
    // The last assignment is the one that counts.
    const place = assigned.at(-1) ?? commented;
    if (place === undefined) added.push(line);
    else lines[place] = line;
  }
  if (added.length === 0) return lines.join('\n');
  if (lines.at(-1) === '') lines.pop();
  return `${[...lines, ...added].join('\n')}\n`;
}

function indexes(lines: readonly string[], form: RegExp): number[] {
  return lines.flatMap((line, index) => (form.test(line) ? [index] : []));
}

/** @throws UsageError where no quoting can hold the value; the message does not show it */
export function quoteEnvValue(name: string, value: string): string {
  if (BARE.test(value)) return value;
  // Compose takes a backslash before the closing quote for an escape, and then reads on to the next one.
  if (value.endsWith('\\')) {
    if (/^[^\s'"#$`]+$/.test(value)) return value;
    throw new UsageError(
      `The value of ${name} ends in \\ and has a blank or one of ' " # $ \`, which a line KEY=value cannot hold together. Leave out the last \\.`,
    );
  }
  if (!/['\n\r]/.test(value)) return `'${value}'`;
  if (!/["$\\`\n\r]/.test(value)) return `"${value}"`;
  throw new UsageError(
    `The value of ${name} has a line break, or a ' together with " $ \\ or \`, which a line KEY=value cannot hold.`,
  );
}

/** @returns null where there is no such file @throws CliError where it is no text */
export function readTextIfThere(path: string): string | null {
  try {
    return ownerText(readFileSync(path));
  } catch (error) {
    if (error instanceof OwnerTextError) throw new CliError(`${path} ${error.message}.`, { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
