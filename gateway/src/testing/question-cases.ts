/** What is true of questions at each platform with buttons where whoever presses is told only what does not count. */
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import type { Harness } from './harness.ts';

export interface ShownQuestion {
  id: string;
  text: string;
  /** Label and content of each button. */
  buttons: { label: string; data: string }[];
}

export interface Pressed {
  message: string;
  label?: string;
  /** Instead of what a button holds. */
  data?: string;
  /** Unless given, the owner. */
  by?: 'guest';
  /** It is said to be in another chat. */
  elsewhere?: boolean;
}

/** A platform with an owner and a guest, who share a group. */
export interface QuestionDoor {
  /** As outcomes name it. */
  name: string;
  /** The present one. */
  gateway: () => Harness;
  /** The owner writes, in her direct messages unless in the group. */
  say(text: string, more?: { group?: boolean; replyTo?: string }): void;
  /** Messages of Moby's that are there, with and without buttons. */
  shown(group?: boolean): ShownQuestion[];
  /** @returns what whoever pressed is told; null while nothing is */
  press(pressed: Pressed, group?: boolean): () => string | null;
  openGroup(): Promise<void>;
  restart(): Promise<unknown>;
}

/** @param faults what goes wrong while the question is sent */
export function questionCases(
  open: () => Promise<QuestionDoor>,
  faults: Record<string, (door: QuestionDoor) => void>,
): void {
  test('asked, pressed, done: the message shows what was decided, and the model goes on', async () => {
    const door = await open();
    door.say('run: ls -la notes');
    const question = await asked(door);
    expect(question.text).toContain('ls -la notes');
    expect(question.buttons.map(({ label }) => label)).toEqual(expect.arrayContaining(['Once', 'No']));
    expect(executed(door)).toBe(0);
    door.press({ message: question.id, label: 'Once' });
    await reply(door, (text) => text === 'I was told: ls -la notes was run');
    expect(executed(door)).toBe(1);
    const settled = await outcome(door, question, `Allowed once by Alice in ${door.name}`);
    expect(settled.text).toContain('ls -la notes');
    expect(settled.buttons).toEqual([]);
  });

  test('no, with a reason in a reply: the model is told, and the reply is no message to him', async () => {
    const door = await open();
    door.say('run: rm -r notes');
    const question = await asked(door);
    door.say('no, I need them', { replyTo: question.id });
    expect(await reply(door, (text) => text.startsWith('I was told:'))).toContain('I need them');
    await outcome(door, question, `Refused by Alice in ${door.name}`);
    expect(executed(door)).toBe(0);
    expect(door.gateway().agent?.stats().runs).toHaveLength(1);
  });

  test('a plain yes answers the one question that is open', async () => {
    const door = await open();
    door.say('run: date');
    await asked(door);
    door.say('yes');
    await reply(door, (text) => text === 'I was told: date was run');
    expect(door.gateway().agent?.stats().runs).toHaveLength(1);
  });

  test('in a group the press of a guest is refused and tells him nothing; that of the owner counts', async () => {
    const door = await open();
    await door.openGroup();
    door.say('run: date', { group: true });
    const { id: message } = await asked(door, true);
    const said = door.press({ message, label: 'Once', by: 'guest' }, true);
    await until('the word to the guest', () => said() !== null);
    expect(said()).toBe('Only my owner can answer this.');
    expect(await states(door)).toEqual(['open']);
    door.press({ message, label: 'Once' }, true);
    await until('the answer', () => door.shown(true).some(({ text }) => text.endsWith('date was run')));
    expect(executed(door)).toBe(1);
  });

  test('what is made up, turned into another answer, or forwarded is refused', async () => {
    const door = await open();
    await door.openGroup();
    door.say('run: date');
    const { id: message, buttons } = await asked(door);
    const [once = '', turn = ''] = buttons.map(({ data }) => data);
    const turned = turn.slice(0, turn.lastIndexOf('.')) + once.slice(once.lastIndexOf('.'));
    for (const data of ['q', 'q.x.0.y', turned, `${once}x`]) {
      const said = door.press({ message, data });
      await until('the refusal', () => said() !== null);
      expect(said()).toContain('I do not know this button');
    }
    const said = door.press({ message, data: once, elsewhere: true });
    await until('the refusal', () => said() !== null);
    expect(said()).toContain('This is a copy');
    expect(await states(door)).toEqual(['open']);
    expect(executed(door)).toBe(0);
  });

  test('an old button works after a restart while its question waits, and is told so afterwards', async () => {
    const door = await open();
    door.say('run: date');
    const { id: message, buttons } = await asked(door);
    await door.restart();
    door.press({ message, label: 'Once' });
    await reply(door, (text) => text === 'I was told: date was run');
    expect(door.shown().filter(({ text }) => text.includes('wants to use'))).toHaveLength(1);
    const said = door.press({ message, data: buttons[0]?.data ?? '' });
    await until('the refusal', () => said() !== null);
    expect(said()).toMatch(/decided already. Allowed once by Alice/);
    expect(executed(door)).toBe(1);
  });

  test('two doors at once: the first has decided, the other is told', async () => {
    const door = await open();
    door.say('run: date');
    const question = await asked(door);
    const { body } = await door.gateway().call('GET', '/api/questions');
    const said = door.press({ message: question.id, label: 'Once' });
    const path = `/api/questions/${body.items[0].id}/answer`;
    const { status } = await door.gateway().call('POST', path, { body: { option: 'no' } });
    await reply(door, (text) => text.startsWith('I was told:'));
    if (status === 200) await until('the word', () => said() !== null);
    expect([status, said()?.includes('decided already') ?? false]).toEqual(
      status === 200 ? [200, true] : [409, false],
    );
    expect(executed(door)).toBe(status === 200 ? 0 : 1);
    await outcome(door, question, status === 200 ? 'Refused' : 'Allowed once');
  });

  test.each(Object.entries(faults))('%s: the question arrives once and can be answered', async (_, fail) => {
    const door = await open();
    door.say('run: date');
    await until('the run', () => (door.gateway().agent?.stats().runs.length ?? 0) > 0);
    fail(door);
    const question = await asked(door);
    door.press({ message: question.id, label: 'Once' });
    await reply(door, (text) => text === 'I was told: date was run');
    expect(door.shown().filter(({ text }) => text.includes('wants to use'))).toHaveLength(1);
    expect(executed(door)).toBe(1);
  });
}

function asked(door: QuestionDoor, group = false): Promise<ShownQuestion> {
  return until('the question', () => door.shown(group).find(({ buttons }) => buttons.length > 0), 30_000);
}

async function outcome(door: QuestionDoor, { id }: ShownQuestion, text: string): Promise<ShownQuestion> {
  return until('the outcome', () => door.shown().find((one) => one.id === id && one.text.includes(text)));
}

function reply(door: QuestionDoor, passes: (text: string) => boolean): Promise<string> {
  const texts = (): string[] => door.shown().map(({ text }) => text);
  return until('a reply', () => texts().find(passes), 20_000).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; there is ${JSON.stringify(texts())}`);
  });
}

function executed(door: QuestionDoor): number {
  return door.gateway().agent?.stats().executions.length ?? 0;
}

async function states(door: QuestionDoor): Promise<string[]> {
  const { body } = await door.gateway().call('GET', '/api/questions?state=all');
  return body.items.map(({ state }: { state: string }) => state);
}
