/** Questions in a terminal, with every part as it runs: the command line on a pseudo-terminal, the gateway, the agent. */
import { expect, test } from 'vitest';
import { onTerminal } from '../cli/src/testing/on-terminal.ts';
import { runCli } from '../cli/src/testing/run-cli.ts';
import { calls, embeddedWorld } from '../gateway/src/testing/embedded-world.ts';

/** The model runs `echo WORD`, WORD being the last it was told, and says what came of it. */
async function world() {
  const { moby, ...rest } = await embeddedWorld({
    rest: 'permissions: { allow: ["*"], ask: ["shell"] }\n',
    script: ({ messages }) => {
      const last = messages.at(-1);
      if (last?.role === 'tool') return { text: [`The tool said: ${String(last.content).trim()}.`] };
      const word = /say (\w+)/.exec(JSON.stringify(last?.content))?.[1] ?? 'nothing';
      return calls('shell', { cmd: `echo ${word}; printf '\\033]0;title\\007'` });
    },
  });
  return { moby, at: { home: moby.home, port: moby.port }, ...rest };
}

test('run asks on the terminal; a key lets the command run, which steers no terminal', async () => {
  const { moby, at } = await world();
  const shown = await onTerminal(['run', 'say hello'], at, {
    dialogue: [['[n] No', 'o']],
    until: 'The tool said: hello',
  });
  expect(shown).toContain("echo hello; printf '\\033]0;title\\007'");
  expect(shown).toMatch(/Allowed once by the owner in the terminal at \d\d:\d\d\./);
  expect(shown).not.toContain('\u001b]0;');
  const { body } = await moby.call('GET', '/api/questions?state=all');
  expect(body.items).toMatchObject([{ state: 'answered', answer: { option: 'once', door: 'cli' } }]);
}, 180_000);

test('chat asks while the answer is written; the reason reaches the model, and the chat goes on', async () => {
  const { at } = await world();
  const shown = await onTerminal(['chat'], at, {
    dialogue: [
      ['› ', 'say hello\r'],
      ['reason first', 'r'],
      ['Moby is told: ', 'not now\r'],
      ['[n] No', 'n'],
      ['› ', 'say again\r'],
      ['[n] No', 't'],
    ],
    until: 'The tool said: again',
  });
  expect(shown).toMatch(/The tool said: .*not now/);
  expect(shown).toContain('Allowed for this answer by the owner in the terminal');
}, 180_000);

test('a question of a script is answered by another command, wherever that runs', async () => {
  const { at, asked } = await world();
  const script = runCli(['run', '--json', 'say hello'], at);
  const { id } = await asked();
  const listed = await runCli(['questions'], at);
  expect(listed.stdout).toContain(id.slice(0, 8));
  expect((await runCli(['questions', 'answer', id.slice(0, 13), 'once'], at)).stdout).toContain(
    'Allowed once',
  );
  const { code, stdout, stderr } = await script;
  expect(code).toBe(0);
  expect(JSON.parse(stdout).text).toContain('The tool said: hello');
  expect(stderr).toContain(`questions answer ${id}`);
  const refused = await runCli(['run', '--no-ask', 'say hello'], at);
  expect(refused.stderr).toContain(
    'The tool shell needs a yes of the owner, and nobody was to be asked, so it was refused.',
  );
  expect(refused.stdout).toContain('does not want to be asked');
}, 180_000);
