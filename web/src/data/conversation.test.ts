import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conversation, PAGE_MESSAGES } from './conversation.ts';
import { Live } from './live.ts';
import { ScriptedGateway, SESSION } from './testing.ts';

async function open(gateway = new ScriptedGateway()) {
  const live = new Live();
  live.apply([gateway.hello(false)]);
  const conversation = new Conversation(SESSION, live, gateway.ask);
  await conversation.idle();
  gateway.asked.length = 0;
  const texts = (): string[] => conversation.messages.value.map(({ text }) => text);
  const stored = (): string[] =>
    gateway.history.filter(({ session }) => session === SESSION).map(({ text }) => text);
  return { gateway, live, conversation, texts, stored };
}

test('an answer that came whole by the line is not asked for', async () => {
  const { gateway, live, conversation, texts } = await open();
  const turn = gateway.newTurn('hello');
  live.apply([...turn.arrives(), ...turn.starts()]);
  live.apply([turn.says('Hel'), turn.says('lo.')]);
  live.apply(turn.ends());
  await conversation.idle();
  expect(texts()).toEqual(['hello', 'Hello.']);
  expect(gateway.asked).toEqual([]);
  expect(live.turns.value).toEqual([]);
  expect(live.followed(turn.key)?.text.value).toBe('Hello.');
});

test('an answer whose pieces are not what was stored is asked for', async () => {
  const { gateway, live, conversation, texts } = await open();
  const turn = gateway.newTurn('hello');
  live.apply([...turn.arrives(), ...turn.starts(), turn.says('Hel'), turn.says('lo.')]);
  live.apply(turn.ends('Hello!'));
  await conversation.idle();
  expect(texts()).toEqual(['hello', 'Hello!']);
  expect(gateway.asked).toEqual(['from=2']);
});

test('an event that comes twice counts once, and another attempt stands instead of the one before', async () => {
  const { gateway, live, texts, conversation } = await open();
  const turn = gateway.newTurn('hello');
  const [arrived, started, piece] = [turn.arrives(), turn.starts(), turn.says('lost ')];
  live.apply([...arrived, ...started, piece]);
  live.apply([gateway.hello(true), piece]);
  live.apply([turn.beginsAgain(), turn.says('Found.')]);
  expect(live.turns.value[0]?.text.value).toBe('Found.');
  live.apply(turn.ends());
  await conversation.idle();
  expect(texts()).toEqual(['hello', 'Found.']);
});

test('text without a number goes on with the turn that spoke last, and after a cut counts once', async () => {
  const { gateway, live, conversation, texts } = await open();
  const turn = gateway.newTurn('hello');
  live.apply([...turn.arrives(), ...turn.starts(), turn.says('One ')]);
  live.more(turn.goesOn('two '));
  live.more(turn.goesOn('three '));
  expect(live.turns.value[0]?.text.value).toBe('One two three ');
  live.apply([gateway.hello(true, [turn]), turn.repeats('two three ')]);
  expect(live.turns.value[0]?.text.value).toBe('One two three ');
  live.more(turn.goesOn('four '));
  live.apply([gateway.say({ session: 'web:other', turn: 'o', role: 'user', text: 'elsewhere' })]);
  live.more('to nobody');
  live.apply([gateway.hello(true, [turn]), turn.says('five')]);
  live.apply(turn.ends());
  await conversation.idle();
  expect(texts()).toEqual(['hello', 'One two three four five']);
  expect(gateway.asked).toEqual([]);
});

test('a turn that ended while the line was down is asked for', async () => {
  const { gateway, live, conversation, texts } = await open();
  const turn = gateway.newTurn('hello');
  live.apply([...turn.arrives(), ...turn.starts(), turn.says('Hel')]);
  const [said] = turn.ends('Hello.');
  live.apply([gateway.hello(true), said].flatMap((event) => event ?? []));
  await conversation.idle();
  expect(texts()).toEqual(['hello', 'Hello.']);
  expect(live.turns.value).toEqual([]);
});

test('why nothing was answered stands at the question', async () => {
  const { gateway, live, conversation } = await open();
  const turn = gateway.newTurn('hello');
  live.apply([...turn.arrives(), ...turn.starts()]);
  live.apply([turn.fails('The model is not there.')]);
  await conversation.idle();
  expect(conversation.messages.value).toMatchObject([
    { text: 'hello', error: { message: 'The model is not there.' } },
  ]);
});

test('older ones come by pages, and what is found in the middle grows at both ends up to now', async () => {
  const gateway = new ScriptedGateway();
  for (let number = 1; number <= 200; number++)
    gateway.say({ turn: `t${number}`, role: 'user', text: `${number}` });
  const { conversation, texts, stored, live } = await open(gateway);
  expect([texts()[0], conversation.atStart.value, conversation.atEnd.value]).toEqual(['141', false, true]);
  await conversation.loadOlder();
  expect(texts()).toHaveLength(2 * PAGE_MESSAGES);
  await conversation.showAround(50);
  expect([texts()[0], texts().at(-1), conversation.atEnd.value]).toEqual(['20', '79', false]);
  live.apply([gateway.say({ turn: 't201', role: 'user', text: '201' })]);
  expect(texts()).not.toContain('201');
  while (!conversation.atEnd.value) await conversation.loadNewer();
  while (!conversation.atStart.value) await conversation.loadOlder();
  expect(texts()).toEqual(stored());
});

test('after a failure nothing is missing once the line is back', async () => {
  const { gateway, live, conversation, texts, stored } = await open();
  gateway.down = true;
  live.apply([gateway.say({ turn: 'x', role: 'assistant', text: 'by himself', sentBy: 'heartbeat' })]);
  await conversation.idle();
  expect([texts(), conversation.problem.value]).toEqual([[], 'down']);
  gateway.down = false;
  live.apply([gateway.hello(true)]);
  await conversation.idle();
  expect([texts(), conversation.problem.value]).toEqual([stored(), null]);
});

test('however the line is cut and resumed, what is shown is what is stored, in order and once', async () => {
  const step = fc.constantFrom(
    'arrive',
    'start',
    'say',
    'end',
    'fail',
    'message',
    'cut',
    'kill',
    'repeat',
    'load',
    'other',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { gateway, live, conversation, texts, stored } = await open();
      const waiting: ReturnType<typeof gateway.newTurn>[] = [];
      let running: ReturnType<typeof gateway.newTurn> | null = null;
      let missed: Parameters<Live['apply']>[0][number][] | null = null;
      let last: Parameters<Live['apply']>[0] = [];
      const tell = (...events: Parameters<Live['apply']>[0][number][]): void => {
        if (missed) missed.push(...events);
        else {
          last = events;
          live.apply(events);
        }
      };
      const openTurns = () => [...(running ? [running] : []), ...waiting];
      for (const name of [...steps, 'resume'] as const) {
        if (name === 'arrive') {
          const turn = gateway.newTurn(`prompt ${gateway.history.length}`);
          waiting.push(turn);
          tell(...turn.arrives());
        } else if (name === 'start' && !running && waiting.length > 0) {
          running = waiting.shift() ?? null;
          if (running) tell(...running.starts());
        } else if (name === 'say' && running) tell(running.says(`${gateway.history.length}word `));
        else if (name === 'kill' && running) tell(running.beginsAgain());
        else if (name === 'end' && running) {
          tell(...running.ends());
          running = null;
        } else if (name === 'fail' && running) {
          tell(running.fails('no'));
          running = null;
        } else if (name === 'message')
          tell(gateway.say({ turn: 'm', role: 'assistant', text: 'by himself', sentBy: 'cron' }));
        else if (name === 'other')
          tell(gateway.say({ session: 'web:other', turn: 'o', role: 'user', text: 'elsewhere' }));
        else if (name === 'repeat' && !missed) live.apply(last);
        else if (name === 'load') await conversation.idle();
        else if (name === 'cut') missed ??= [];
        if ((name === 'resume' || (name === 'cut' && missed && missed.length > 3)) && missed) {
          const events = missed;
          missed = null;
          live.apply([gateway.hello(true, openTurns()), ...events]);
        }
      }
      await conversation.idle();
      await conversation.idle();
      expect(texts()).toEqual(stored());
    }),
    { numRuns: 300 },
  );
});
