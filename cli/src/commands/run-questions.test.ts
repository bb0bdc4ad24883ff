/** `run` while Moby asks: on a terminal by a key, in a script from another door. */
import type { Question } from '@mobyclaw/protocol/question';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { AskedQuestions, ID, question, tell } from '../testing/asked-question.ts';
import { onTerminal } from '../testing/on-terminal.ts';
import { startCli } from '../testing/run-cli.ts';

/** A turn that asks each question in turn, and says what came of them. */
async function asking(...questions: Question[]) {
  const home = temporaryFolder();
  const api = await startApi(home);
  const store = new AskedQuestions(api, ...questions);
  api.onTurn = (turn) => {
    const waiting = [...questions];
    turn.push({ type: 'started', data: { turn: turn.id, session: 'cli:main' } });
    turn.push({ type: 'token', data: { text: 'Let me see. ' } });
    const next = (): void => {
      const asked = waiting.shift();
      if (asked) tell(turn, asked);
      else
        turn.push({
          type: 'done',
          data: { turn: turn.id, session: 'cli:main', text: 'Let me see. Done.', usage: null },
        });
    };
    store.onAnswer = (asked) => {
      tell(turn, asked);
      next();
    };
    next();
  };
  return { home, port: api.port, api, store };
}

test('on a terminal a key answers, and the answer goes on', async () => {
  const { store, ...at } = await asking(question());
  const shown = await onTerminal(['run', 'push'], at, {
    dialogue: [['[n] No', 'o']],
    until: 'Done.',
  });
  expect(store.answers).toEqual([{ id: ID, body: { option: 'once' } }]);
  expect(shown).toContain('❓ Moby wants to use shell.');
  expect(shown).toContain('git push');
  expect(shown).toContain('Allowed once by the owner in the terminal at 12:01.');
});

test('a reason is typed first, then the answer', async () => {
  const { store, ...at } = await asking(question());
  await onTerminal(['run', 'push'], at, {
    dialogue: [
      ['reason first', 'r'],
      ['Moby is told: ', 'not todax\u007fy\r'],
      ['[n] No', 'n'],
    ],
    until: 'Done.',
  });
  expect(store.answers).toEqual([{ id: ID, body: { option: 'no', reason: 'not today' } }]);
});

test('fields of a form are typed one after the other; what does not fit is asked again; a secret is not shown', async () => {
  const form = {
    kind: 'form' as const,
    options: [{ id: 'decline', label: 'No answer' }],
    fallback: 'decline',
  };
  const { store, ...at } = await asking(
    question({ ...form, title: 'How many?', input: { type: 'integer' } }),
    question({
      ...form,
      id: ID.replace(/1$/, '2'),
      title: 'Which key?',
      input: { type: 'text', secret: true },
    }),
    question({ ...form, id: ID.replace(/1$/, '3'), title: 'And a text?', input: { type: 'text' } }),
  );
  const shown = await onTerminal(['run', 'fill in'], at, {
    dialogue: [
      ['How many?', 'few\r'],
      ['a whole number', '12\r'],
      ['Which key?', 'hunter2\r'],
      ['And a text?', '/decline\r'],
    ],
    until: 'Done.',
  });
  expect(store.answers.map(({ body }) => body)).toEqual([
    { value: '12' },
    { value: 'hunter2' },
    { option: 'decline' },
  ]);
  expect(shown).toContain('12');
  expect(shown).not.toContain('hunter2');
});

test('Ctrl-C stops the turn while it waits for an answer', async () => {
  const { api, store, ...at } = await asking(question());
  const shown = await onTerminal(['run', 'push'], at, {
    dialogue: [['[n] No', '\u0003']],
    until: 'Stopped.',
  });
  expect(api.turns[0]?.cancelled).toBe(true);
  expect(shown).toContain('Stopped.');
  expect(store.answers).toEqual([]);
});

test('a script waits for another door, and says on stderr how to answer there', async () => {
  const { home, port, api, store } = await asking(
    question({ title: 'Moby wants \u001b[2J', chat: 'telegram:dm:42' }),
  );
  const running = startCli(['run', 'push'], { home, port });
  running.child.stdin.end();
  await until('the question', () => running.output.stderr.includes(`questions answer ${ID} once`), 25_000);
  expect(running.output.stderr).toContain('Moby waits for you, and has asked in telegram:dm:42, too.');
  expect(running.output.stderr).toContain('\\u{001B}[2J');
  const turn = api.turns[0];
  if (!turn) throw new Error('no turn');
  store.onAnswer(store.settle(ID, 'Allowed once by Ada in Telegram at 12:03.'));
  const { code, stdout, stderr } = await running.finished;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Let me see. Done.\n' });
  expect(stderr).toContain('Allowed once by Ada in Telegram at 12:03.');
});

test('--no-ask is told to the gateway', async () => {
  const { home, port, api } = await asking();
  await startCliAndWait(['run', '--no-ask', 'push'], { home, port });
  await startCliAndWait(['run', 'push'], { home, port });
  expect(api.turns.map(({ request }) => request.noAsk)).toEqual([true, undefined]);
});

test('so is the model that --model names', async () => {
  const { home, port, api } = await asking();
  await startCliAndWait(['run', '--model', 'small', 'push'], { home, port });
  await startCliAndWait(['run', 'push'], { home, port });
  expect(api.turns.map(({ request }) => request.model)).toEqual(['small', undefined]);
});

async function startCliAndWait(args: string[], at: { home: string; port: number }): Promise<void> {
  const running = startCli(args, at);
  running.child.stdin.end();
  await running.finished;
}
