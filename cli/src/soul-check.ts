/** Whether soul.yaml can be read at all; what is in it, the agent judges. */
import { readFile } from 'node:fs/promises';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { readYaml } from '@mobyclaw/lib/yaml-text';
import { isMap, LineCounter } from 'yaml';
import { type Check, fail, ok, warn } from './doctor/check.ts';
import { hasMemory, MISSING_HEADER_REMEDY, missingHeader } from './soul-headers.ts';

export async function checkSoul(path: string): Promise<Check> {
  const name = 'soul.yaml';
  let text: string;
  try {
    text = ownerText(await readFile(path));
  } catch (error) {
    if (error instanceof OwnerTextError)
      return fail(name, `it ${error.message}`, `Mend ${path}; until then the last good one is in force.`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return warn(name, `${path} does not exist yet`, './mobyclaw up creates it.');
    return fail(
      name,
      `${path} cannot be read (${code})`,
      `Give yourself the right: chmod 600 ${quoted(path)}`,
    );
  }
  const lineCounter = new LineCounter();
  const document = readYaml(text, { lineCounter, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return fail(
      name,
      `line ${line}, column ${col}: ${error.message}`,
      `Mend ${path}; until then the last good one is in force.`,
    );
  }
  if (!isMap(document.contents) || !document.hasIn(['agents', 'root'])) {
    return fail(
      name,
      'it has no agent named root under agents',
      `Mend ${path}; until then the last good one is in force.`,
    );
  }
  const missing = missingHeader(document, lineCounter);
  if (missing) return warn(name, `line ${missing.line}: ${missing.text}`, MISSING_HEADER_REMEDY);
  if (!hasMemory(document)) {
    return warn(
      name,
      'gives Moby no memory: the agent root has no toolset for the memory server, so he keeps nothing that you tell him',
      'Take the toolset with MOBYCLAW_MEMORY_URL from agents/moby/soul.yaml, unless you mean it so.',
    );
  }
  return ok(name, path);
}
