/**
 * `npm run settings`: writes `.env.example` from the settings in lib/src/settings.ts. A test fails where that was forgotten.
 * Each setting stands there as a line `#NAME=value`, which `mobyclaw init` puts the owner's values into.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TOPICS } from '@mobyclaw/lib/settings';
import type { Part, Setting, Topic } from '@mobyclaw/lib/settings/setting';

const WIDTH = 120; // of a line, with its mark

const HEADER = `# Settings of Mobyclaw. ./mobyclaw init makes a .env of this file; or copy it (chmod 600 .env) and take the # away before
# what you want to set.
# A variable of the same name in the environment wins. After a change run ./mobyclaw up, which restarts Moby.
# ./mobyclaw doctor prints what is in force. A MOBYCLAW_ name that does not exist is an error, and one of another that is misspelt is told.
`;

const READERS: Record<Part, string> = {
  gateway: 'the gateway',
  agent: 'the agent',
  supervisor: "the agent's supervisor",
  memory: 'the memory server',
  workspace: 'the workspace server',
  egress: 'egress',
};

export function envExample(): string {
  return [HEADER, ...TOPICS.map(section)].join('\n');
}

function section({ title, about, settings }: Topic): string {
  const readers = new Set(Object.values(settings).map(readersOf));
  const [all = ''] = readers;
  const shared = readers.size === 1;
  const head = [`# --- ${title} `.padEnd(WIDTH - 1, '-')];
  if (about !== undefined) head.push(...comment(about));
  if (shared) head.push(...comment(all));
  const entries = Object.entries(settings).map(([name, setting]) => [
    ...comment(shared ? setting.about : `${setting.about} ${readersOf(setting)}`),
    `#${name}=${exampleOf(setting)}`,
  ]);
  return [head, ...entries].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function readersOf({ parts }: Setting): string {
  if (parts.length === 0) return 'Read by docker-compose.yml alone.';
  const names = parts.map((part) => READERS[part]);
  if (names.length === Object.keys(READERS).length) return 'Goes to every part.';
  const last = names.pop() ?? '';
  return `Goes to ${names.length === 0 ? last : `${names.join(', ')} and ${last}`}.`;
}

function exampleOf({ example, default: fallback }: Setting): string {
  return example ?? (typeof fallback === 'string' ? fallback : '');
}

/** Lines of a comment; those that begin with two blanks are kept as they are. */
function comment(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith('  ') ? [`# ${line}`] : wrapped(line)));
}

function wrapped(line: string): string[] {
  const lines: string[] = [];
  let current = '#';
  for (const word of line.split(' ')) {
    if (current.length + 1 + word.length > WIDTH) {
      lines.push(current);
      current = '#';
    }
    current += ` ${word}`;
  }
  return [...lines, current];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(dirname(dirname(fileURLToPath(import.meta.url))), '.env.example'), envExample());
}
