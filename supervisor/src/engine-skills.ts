/**
 * How an engine comes to the skills in `agent/skills/`, and to no others.
 *
 * The embedded agent and cagent since 1.62 are told by DOCKER_AGENT_KIT_DIR. cagent before 1.32.5 looks in `.agents/skills` of
 * its working folder, which is made a link, and takes a SKILL.md for text alone, whoever wrote it. Those in between execute
 * what stands in a SKILL.md and look in folders that the agent's own shell writes: for them skills are not switched on.
 */
import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readYaml, yamlMap } from '@mobyclaw/lib/yaml-text';
import { isMap, isScalar } from 'yaml';
import type { FoundEngine } from './engine.ts';
import { isAtLeast } from './engine-version.ts';

type Engine = Pick<FoundEngine, 'kind' | 'numbers'>;

const LOWEST_VERSION = 3; // of soul.yaml; the first that has the key

/** Whether the engine finds skills by a link in its working folder, as the versions do that execute nothing. */
export function readsLinkedSkills({ kind, numbers }: Engine): boolean {
  return kind === 'cagent' && isAtLeast(numbers, 1, 24) && !isAtLeast(numbers, 1, 32, 5);
}

/**
 * Puts `skills: true` into agent `root` where it says nothing of skills; the rest of the text stays. A file that does not
 * parse, or of a version without the key, is returned as it is.
 */
export function withSkills(source: string, engine: Engine): string {
  const { kind, numbers } = engine;
  if (kind === 'cagent' && !readsLinkedSkills(engine) && !isAtLeast(numbers, 1, 62)) return source;
  const agents = yamlMap(source)?.agents as { root?: { skills?: unknown } | null } | null | undefined;
  if (!agents?.root || agents.root.skills !== undefined) return source;
  const document = readYaml(source, { merge: true });
  if (Number(document.get('version') ?? LOWEST_VERSION) < LOWEST_VERSION) return source;
  const root = document.getIn(['agents', 'root'], true);
  const first = isMap(root) ? root.items[0]?.key : undefined;
  if (!isMap(root) || !isScalar(first) || !first.range) return source;
  const at = first.range[0];
  const newline = source.includes('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(at - (source.lastIndexOf('\n', at - 1) + 1));
  const key = root.flow ? 'skills: true, ' : `skills: true${newline}${indent}`;
  return source.slice(0, at) + key + source.slice(at);
}

/**
 * Makes `.agents/skills` of the working folder a link to the published ones. The agent's shell writes there: a link of its own
 * is removed and followed nowhere, a folder of its own is set aside.
 */
export function linkSkills(cwd: string, kit: string): void {
  const above = join(cwd, '.agents');
  if (lstatSync(above, { throwIfNoEntry: false })?.isDirectory() !== true) rmSync(above, { force: true });
  mkdirSync(above, { recursive: true, mode: 0o700 });
  const link = join(above, 'skills');
  const target = relative(above, join(kit, 'skills'));
  const stat = lstatSync(link, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() && readlinkSync(link) === target) return;
  if (stat?.isDirectory()) {
    const aside = join(above, 'skills.set-aside');
    rmSync(aside, { recursive: true, force: true });
    renameSync(link, aside);
  } else {
    rmSync(link, { force: true });
  }
  symlinkSync(target, link);
}
