/**
 * Reads soul.yaml once, at start. Every fault is reported with line, column and what to do, and nothing is guessed:
 * a key that is not understood stops the agent from running, as it would be a setting that silently does nothing.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { asSentence } from '@mobyclaw/lib/sentence';
import { readYaml } from '@mobyclaw/lib/yaml-text';
import type { SoulProblem } from '@mobyclaw/protocol/control';
import { type Document, isMap, isNode, isScalar, LineCounter } from 'yaml';
import type * as z from 'zod';
import { CAGENT_ONLY_KEYS, CAGENT_ONLY_TOOLSETS, type Soul, soulSchema } from './schema.ts';

export class SoulError extends Error {
  override name = 'SoulError';
}

const PLACED = /^soul\.yaml line (\d+), column (\d+): ([\s\S]*)$/;

type Path = ReadonlyArray<PropertyKey>;

/** @throws SoulError where the file cannot be read or is not a configuration that this agent runs */
export function loadSoul(path: string): Soul {
  let text: string;
  try {
    text = ownerText(readFileSync(path));
  } catch (error) {
    throw new SoulError(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return parseSoul(text, basename(path));
}

/** @param name of the file, for messages */
export function parseSoul(text: string, name: string): Soul {
  const lines = new LineCounter();
  const document = readYaml(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name} line ${line}, column ${col}`;
  };
  const fault = document.errors[0];
  if (fault) throw new SoulError(`${at(fault.pos[0])}: ${fault.message}`);
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    throw new SoulError(`${name}: ${(error as Error).message}`, { cause: error });
  }
  if (content === null) throw new SoulError(`${name} is empty; it needs agents: root: …`);
  const result = soulSchema.safeParse(content);
  if (!result.success) {
    const issues = result.error.issues.flatMap((issue) => explain(issue, document, at));
    throw new SoulError(issues.join('\n'));
  }
  return result.data;
}

/** All that a soul.yaml would be refused for, with its place; none where this agent runs it. */
export function soulProblems(text: string): SoulProblem[] {
  try {
    parseSoul(text, 'soul.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof SoulError)) throw error;
    return error.message.split(/\n(?=soul\.yaml )/).map((said) => {
      const [, line, column, message] = PLACED.exec(said) ?? [];
      if (line === undefined || message === undefined) return { message: asSentence(said) };
      return { message: asSentence(message), line: Number(line), column: Number(column) };
    });
  }
}

function explain(issue: z.core.$ZodIssue, document: Document, at: (offset: number) => string): string[] {
  const where = issue.path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${at(keyOffset(document, issue.path, key))}: ${unknownKey(key, issue.path)}`,
    );
  }
  const place = at(valueOffset(document, issue.path));
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type') {
    const type = document.getIn(issue.path as unknown[]);
    return [`${place}: ${unknownToolset(type)}`];
  }
  if (issue.code === 'invalid_type' && valueMissing(document, issue.path)) {
    return [`${place}: "${String(issue.path.at(-1))}" is missing (${where})`];
  }
  return [`${place}: ${where}: ${issue.message}`];
}

function unknownKey(key: string, path: Path): string {
  const full = [...path, key].join('.');
  if (CAGENT_ONLY_KEYS.has(key)) {
    return `the embedded agent does not support "${full}"; remove it, or run Moby with cagent`;
  }
  return `unknown key "${full}"; check its spelling and indentation`;
}

function unknownToolset(type: unknown): string {
  if (typeof type === 'string' && CAGENT_ONLY_TOOLSETS.has(type)) {
    return `the embedded agent does not support toolsets of type "${type}"; remove it, or run Moby with cagent`;
  }
  const known = 'mcp, shell, filesystem, fetch, think, todo';
  return `unknown toolset type ${JSON.stringify(type ?? null)}; write one of ${known}`;
}

function valueMissing(document: Document, path: Path): boolean {
  return document.getIn(path as unknown[]) === undefined;
}

/** Start of the value at `path`, or of the nearest part of the file that holds it. */
function valueOffset(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length) as unknown[], true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(document: Document, path: Path, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path as unknown[], true);
  if (isMap(map)) {
    const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
  }
  return valueOffset(document, path);
}
