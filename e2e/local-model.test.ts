/**
 * The real weights of e5-small-v2, installed by the command and run by the memory server. They are 35 MB and not part of the project:
 * MOBYCLAW_TEST_WEIGHTS names a folder with them, whatever the files are called there.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddingsAnswer, embeddingsAnswerSchema } from '@mobyclaw/protocol/local-model';
import { cosine } from '@mobyclaw/recall/vector';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { modelRuntime } from '@mobyclaw/testkit/tiny-model';
import { expect, onTestFinished, test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));
const TOKEN = 'the-token-that-the-gateway-shows';
const weights = process.env.MOBYCLAW_TEST_WEIGHTS;
if (weights === undefined) {
  process.stderr.write(
    'skipped: the test with real weights needs e5-small-v2; name a folder with its files in MOBYCLAW_TEST_WEIGHTS\n',
  );
}
const isThere = weights !== undefined && (await modelRuntime()) !== null;

test.skipIf(!isThere)(
  'e5-small-v2 finds what shares no word with the question',
  async () => {
    const home = temporaryFolder();
    const args = ['memory', 'model', 'install', '--yes', '--from', weights ?? ''];
    execFileSync(process.execPath, [join(CHECKOUT, 'cli/src/main.ts'), ...args], {
      env: { PATH: process.env.PATH, MOBYCLAW_HOME: home, MOBYCLAW_ENV_FILE: '/dev/null' },
      stdio: 'pipe',
    });
    mkdirSync(join(home, 'memory'), { recursive: true });
    appendFileSync(join(home, 'memory/2026-01-02.md'), '- 10:00 quiet\n');
    const memory = spawnServer(join(CHECKOUT, 'mcp-servers/memory/src/main.ts'), {
      MOBYCLAW_HOME: home,
      MOBYCLAW_MCP_TOKEN: 'the-token-that-the-agent-shows',
      MOBYCLAW_MEMORY_TOKEN: TOKEN,
      MOBYCLAW_CAPABILITY_KEY: 'the-key-that-signs-capabilities',
      MOBYCLAW_MEMORY_LISTEN: '127.0.0.1:0',
      MOBYCLAW_TZ: 'UTC',
    });
    onTestFinished(() => void memory.child.kill('SIGKILL'));
    const url = await memory.url();
    const embed = async (kind: 'query' | 'passage', texts: string[]): Promise<EmbeddingsAnswer> => {
      const answer = await fetch(`${url}/embeddings`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ kind, texts }),
      });
      return embeddingsAnswerSchema.parse(await answer.json());
    };
    const notes = [
      'We put the spare key into the blue tin in the pantry',
      'Anna had soup for lunch',
      'The vet says that the cat is fine',
      'The tax return is due in May',
    ];
    const { model, vectors } = await embed('passage', notes);
    expect([model, vectors.map(({ length }) => length)]).toEqual(['e5-small-v2', [384, 384, 384, 384]]);
    const nearest = async (question: string): Promise<string | undefined> => {
      const [asked = []] = (await embed('query', [question])).vectors;
      return notes.toSorted(
        (a, b) =>
          cosine(vectors[notes.indexOf(b)] ?? [], asked) - cosine(vectors[notes.indexOf(a)] ?? [], asked),
      )[0];
    };
    expect(await nearest('How do I get in when I am locked out?')).toBe(notes[0]);
    expect(await nearest('What did she eat at noon?')).toBe(notes[1]);
    expect(await nearest('Is our pet healthy?')).toBe(notes[2]);
    expect(await nearest('When do I have to pay the authorities?')).toBe(notes[3]);
  },
  180_000,
);
