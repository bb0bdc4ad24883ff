/**
 * `credentials.env`: what Moby himself may use in his tools, as environment variables of his container. A name that
 * belongs to the stack is refused: it would give him another part's secret, or change the program that runs him.
 */
import { parseEnvText } from '@mobyclaw/lib/env-text';
import { CliError } from '../cli-error.ts';

const NAME = /^[A-Za-z_]\w*$/;
const MESSENGER = /^(TELEGRAM|DISCORD|SLACK|WHATSAPP)_/;
const RESERVED =
  /^(MOBYCLAW_\w*|PATH|HOME|SHELL|USER|LOGNAME|PWD|TZ|NO_PROXY|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|LD_\w+|TELEMETRY_ENABLED|DOCKER_AGENT_\w+|CAGENT_\w+)$/;

/**
 * @param file how the messages name the file
 * @returns the values that are set
 * @throws CliError with every fault, one a line; never with a value
 */
export function parseCredentials(text: string, file: string): Record<string, string> {
  const parsed = Object.entries(parseEnvText(text)).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  const lines = text.split(/\r?\n/);
  const faults = parsed.flatMap(([name]) => {
    const reason = nameFault(name);
    return reason === null ? [] : [`${file}${place(lines, name)}: ${reason}`];
  });
  // Where a value spans lines, a line without "=" may be part of it.
  if (!parsed.some(([, value]) => value.includes('\n'))) {
    for (const [index, line] of lines.entries()) {
      if (/^\s*(#|$)/.test(line.replace(/^\uFEFF/, '')) || line.includes('=')) continue;
      faults.push(`${file}, line ${index + 1}: write it as NAME=value.`);
    }
  }
  if (faults.length > 0) throw new CliError(faults.join('\n'));
  return Object.fromEntries(parsed);
}

function nameFault(name: string): string | null {
  if (!NAME.test(name)) {
    return `"${name}" cannot be the name of a variable: write letters, digits and underscores, no digit first.`;
  }
  if (MESSENGER.test(name)) return `${name} belongs into .env: Moby himself is given no key of a messenger.`;
  if (RESERVED.test(name)) return `the name ${name} is reserved; take another one.`;
  return null;
}

function place(lines: readonly string[], name: string): string {
  const index = lines.findLastIndex((line) => {
    const bare = line.replace(/^\uFEFF?\s*(?:export\s+)?/, '');
    return bare.startsWith(name) && /^\s*=/.test(bare.slice(name.length));
  });
  return index < 0 ? '' : `, line ${index + 1}`;
}
