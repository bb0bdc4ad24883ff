/**
 * `SKILL.md`, as the open format of Agent Skills has it (agentskills.io/specification): between two lines `---` what the skill
 * is, in YAML, and below it what it tells the model. Read strictly: what the format does not know is refused, since an engine
 * could understand it and do something that nobody has seen.
 */

import { type Document, isMap, visit } from 'yaml';
import * as z from 'zod';
import { ownerText } from '../owner-text.ts';
import { plainIssue } from '../plain-issue.ts';
import { readYaml } from '../yaml-text.ts';

export const SKILL_FILE = 'SKILL.md';
const MOST_HEAD_CHARS = 16_000; // the longest fields that the format takes, and as much again

/** Why something is no skill that can be used: a sentence for its owner. */
export class SkillError extends Error {
  override name = 'SkillError';
}

export interface SkillFile {
  name: string;
  description: string;
  license?: string;
  compatibility?: string;
  metadata: Readonly<Record<string, string>>;
  allowedTools?: string;
  /** What stands below the second `---`. */
  body: string;
}

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** @returns what is wrong with it, as the end of a sentence; null where it is a name of a skill */
export function skillNameFault(name: string): string | null {
  if (name.length > 64) return 'must have at most 64 characters';
  if (NAME.test(name)) return null;
  return 'must be of lowercase letters a to z, digits and single hyphens between them';
}

const text = (most: number) =>
  z
    .string()
    .max(most)
    .refine((value) => value.trim() !== '', 'must not be empty');

const headSchema = z.strictObject({
  name: z.string().superRefine((name, context) => {
    const fault = skillNameFault(name);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  }),
  description: text(1024),
  license: text(1024).optional(),
  compatibility: text(500).optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).optional(),
  'allowed-tools': text(2000).optional(),
});

/** @throws SkillError */
export function parseSkillFile(bytes: Uint8Array): SkillFile {
  let whole: string;
  try {
    whole = ownerText(bytes);
  } catch (error) {
    throw new SkillError(`${SKILL_FILE} ${(error as Error).message}.`, { cause: error });
  }
  const [, head, body] =
    /^---[ \t]*\r?\n([\s\S]*?)(?:^|\r?\n)---[ \t]*(?:\r?\n([\s\S]*))?$/m.exec(whole) ?? [];
  if (head === undefined || !whole.startsWith('---')) {
    throw new SkillError(
      `${SKILL_FILE} must begin with a line ---, then name: and description:, then a line ---.`,
    );
  }
  const parsed = headSchema.safeParse(headValue(head), { error: plainIssue });
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')} ${message}`,
    );
    throw new SkillError(`${SKILL_FILE}: ${faults.join('; ')}.`);
  }
  const {
    name,
    description,
    license,
    compatibility,
    metadata = {},
    'allowed-tools': allowedTools,
  } = parsed.data;
  return {
    name,
    description: description.trim(),
    ...(license === undefined ? {} : { license }),
    ...(compatibility === undefined ? {} : { compatibility }),
    metadata,
    ...(allowedTools === undefined ? {} : { allowedTools }),
    body: body ?? '',
  };
}

/** @throws SkillError */
function headValue(head: string): unknown {
  if (head.length > MOST_HEAD_CHARS) {
    throw new SkillError(`What stands between the lines --- is longer than ${MOST_HEAD_CHARS} characters.`);
  }
  let document: Document.Parsed;
  try {
    document = readYaml(head, { prettyErrors: false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // brackets in brackets without end
    throw new SkillError(`${SKILL_FILE} is not read: lists and maps lie too deep in each other.`, {
      cause: error,
    });
  }
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) throw new SkillError(`${SKILL_FILE} is not read: ${fault.message}.`);
  visit(document, {
    Alias() {
      throw new SkillError(`${SKILL_FILE} has an alias (*), which nothing in it needs. Write it out.`);
    },
    Node(_key, node) {
      if (!node.anchor) return;
      throw new SkillError(`${SKILL_FILE} has an anchor (&${node.anchor}), which nothing in it needs.`);
    },
  });
  if (!isMap(document.contents))
    throw new SkillError(`${SKILL_FILE} has no name: and description: between the lines ---.`);
  return document.toJS();
}
