/** Judges the syntax of a soul.yaml, as far as it can be judged without the engine that runs it. */
import { createHash } from 'node:crypto';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { readYaml } from '@mobyclaw/lib/yaml-text';
import type { SoulProblem } from '@mobyclaw/protocol/control';
import { isMap, LineCounter } from 'yaml';

const MAX_BYTES = 1024 * 1024;

/** @returns the first 16 hex digits of the SHA-256 of the bytes */
export function soulHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** @returns the first thing that is wrong, with its place, or null */
export function soulProblem(bytes: Uint8Array): SoulProblem | null {
  if (bytes.length > MAX_BYTES) return { message: `soul.yaml is larger than ${MAX_BYTES} bytes.` };
  let text: string;
  try {
    text = ownerText(bytes);
  } catch (error) {
    if (!(error instanceof OwnerTextError)) throw error;
    return { message: `soul.yaml ${error.message}.` };
  }
  const lineCounter = new LineCounter();
  const document = readYaml(text, { lineCounter, prettyErrors: false });
  const at = (offset: number): Pick<SoulProblem, 'line' | 'column'> => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const error = document.errors[0];
  if (error) return { message: `${error.message}.`.replace(/\.\.$/, '.'), ...at(error.pos[0]) };
  if (!isMap(document.contents)) {
    return {
      message: 'soul.yaml must be a mapping with the keys version, models and agents.',
      line: 1,
      column: 1,
    };
  }
  try {
    document.toJS();
  } catch (cause) {
    return { message: `${cause instanceof Error ? cause.message : String(cause)}.`.replace(/\.\.$/, '.') };
  }
  const agents = document.get('agents', true);
  if (!isMap(agents) || !agents.has('root')) {
    const place = isMap(agents) && agents.range ? at(agents.range[0]) : { line: 1, column: 1 };
    return { message: 'soul.yaml needs an agent named root under agents.', ...place };
  }
  return null;
}
