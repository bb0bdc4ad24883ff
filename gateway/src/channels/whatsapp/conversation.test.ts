import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import {
  BOB,
  GROUP,
  isUp,
  MALLORY,
  openWhatsAppWorld,
  statusOf,
  type WhatsAppWorld,
} from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();
const CODE = /[A-HJKMNP-Z2-9]{8}/;

function prompts(world: WhatsAppWorld): string[] {
  return world.gateway.agent?.stats().runs.map(({ prompt }) => prompt) ?? [];
}

describe.skipIf(library === null)('WhatsApp', () => {
  const open = (options: Parameters<typeof openWhatsAppWorld>[1] = {}) =>
    openWhatsAppWorld(library as Baileys, options);

  test('a person writes and gets the answer, as a reply to the message, which is marked as read', async () => {
    const world = await open();
    const id = world.say('hello there');
    await world.reply((text) => text === 'You said: hello there');
    expect(world.whatsApp.shown(world.alice)).toMatchObject([{ quoted: id, times: 1 }]);
    const receipts = () =>
      world.whatsApp.received.filter(({ tag, attrs }) => tag === 'receipt' && attrs.id === id);
    await until('the receipt', () => receipts().some(({ attrs }) => attrs.type === 'read'));
    expect(prompts(world)[0]).toContain(
      `sender: "Person ${world.alice.number}" (whatsapp:${world.alice.number})`,
    );
  });

  test('an answer that takes its time streams into one message, with typing, and ends complete', async () => {
    const world = await open();
    world.say('tokens=70 interval=100ms');
    await world.reply((text) => text.endsWith('word69'));
    const [reply, ...others] = world.whatsApp.shown(world.alice);
    expect(others).toEqual([]);
    expect(reply?.versions.length).toBeGreaterThan(2);
    expect(reply?.versions.length).toBeLessThan(7); // about one in 3 s
    expect(world.whatsApp.received.some(({ tag }) => tag === 'chatstate')).toBe(true);
  });

  test('9,000 characters of Markdown come whole and in order', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} of a long **answer**`);
    const code = ['```ts', ...Array.from({ length: 60 }, (_, index) => `const a${index} = ${index};`), '```'];
    const script = () => [{ do: 'text' as const, text: [...lines, code.join('\n')].join('\n\n') }];
    const world = await open({ agent: { script } });
    world.say('tell me everything');
    await world.reply((text) => text.includes('const a59 ='));
    const all = world.texts().join('\n');
    expect(all.match(/line \d+ of/g)).toEqual(lines.map((_, index) => `line ${index} of`));
    expect(all.match(/const a\d+ =/g)).toHaveLength(60);
  });

  test('a group that is allowed hears who mentions Moby or replies to him', async () => {
    const world = await open();
    await world.gateway.call('POST', `/api/channels/whatsapp:group:${GROUP}/allow`, { body: {} });
    const bob = world.whatsApp.person(BOB);
    world.whatsApp.say({ from: bob, group: GROUP, text: 'not for Moby' });
    const mention = {
      extendedTextMessage: {
        text: '@15550001111 what time is it',
        contextInfo: { mentionedJid: ['15550001111@s.whatsapp.net'] },
      },
    };
    world.whatsApp.say({ from: bob, group: GROUP, message: mention });
    await world.reply((text) => text === 'You said: what time is it', bob, GROUP);
    const [answer] = world.whatsApp.shown(bob, GROUP);
    const reply = {
      extendedTextMessage: {
        text: 'are you sure',
        contextInfo: {
          stanzaId: answer?.id ?? '',
          participant: '915550001111@lid',
          quotedMessage: { conversation: 'You said: what time is it' },
        },
      },
    };
    world.whatsApp.say({ from: bob, group: GROUP, message: reply });
    await world.reply((text) => text === 'You said: are you sure', bob, GROUP);
    expect(world.texts(world.alice, GROUP)).toEqual(world.texts(bob, GROUP));
    expect(prompts(world)).toHaveLength(2);
    expect(prompts(world)[0]).toContain('Written in the group "Family"');
    expect(prompts(world)[1]).toContain('It replies to your message: "You said: what time is it"');
  });

  test('a stranger gets a code and nothing else; once let in he is answered', async () => {
    const world = await open();
    const mallory = world.whatsApp.person(MALLORY);
    world.whatsApp.say({ from: mallory, text: 'my-unmistakable-words' });
    const answer = await world.reply((text) => CODE.test(text), mallory);
    const [code = ''] = CODE.exec(answer) ?? [];
    expect(prompts(world)).toEqual([]);
    world.say(`/approve ${code}`);
    await world.reply((text) => text.includes('may talk to me now'));
    world.whatsApp.say({ from: mallory, text: 'and now' });
    await world.reply((text) => text === 'You said: and now', mallory);
    expect(prompts(world).join()).not.toContain('unmistakable');
  });

  test('the owner is known by the number also where WhatsApp names a hidden id', async () => {
    const world = await open();
    world.whatsApp.say({ from: world.alice, text: 'one', hidden: 'with-number' });
    await world.reply((text) => text === 'You said: one');
    world.whatsApp.say({ from: world.alice, text: 'two', hidden: 'alone' }); // the number is known from before
    await world.reply((text) => text === 'You said: two');
    const { body } = await world.gateway.call('GET', '/api/sessions');
    expect(body.items.map(({ key }: { key: string }) => key)).toEqual([`whatsapp:dm:${world.alice.jid}`]);
  });

  test('a stranger behind a hidden id gets a code too, and is let in by that id', async () => {
    const world = await open();
    const mallory = world.whatsApp.person(MALLORY);
    world.whatsApp.say({ from: mallory, text: 'my-unmistakable-words', hidden: 'alone' });
    const [code = ''] = CODE.exec(await world.reply((text) => CODE.test(text), mallory)) ?? [];
    expect(prompts(world)).toEqual([]);
    world.say(`/approve ${code}`);
    await world.reply((text) => text.includes('may talk to me now'));
    world.whatsApp.say({ from: mallory, text: 'and now', hidden: 'alone' });
    await world.reply((text) => text === 'You said: and now', mallory);
    expect(prompts(world).join()).not.toContain('unmistakable');
  });

  test('in a group people and Moby may be named by hidden ids, and are known by their numbers', async () => {
    const world = await open();
    await world.gateway.call('POST', `/api/channels/whatsapp:group:${GROUP}/allow`, { body: {} });
    const bob = world.whatsApp.person(BOB);
    const contextInfo = { mentionedJid: ['915550001111@lid'] };
    const extendedTextMessage = { text: '@915550001111 who am I', contextInfo };
    const disappearing = { ephemeralMessage: { message: { extendedTextMessage } } };
    world.whatsApp.say({ from: bob, group: GROUP, message: disappearing, hidden: 'with-number' });
    await world.reply((text) => text === 'You said: who am I', bob, GROUP);
    expect(prompts(world)[0]).toContain(`(whatsapp:${BOB})`);
    expect(prompts(world)[0]).not.toContain('@lid');
  });

  test('a phone that cannot read an answer asks for it and gets it, also from the next process', async () => {
    const world = await open();
    world.say('one');
    await world.reply((text) => text === 'You said: one');
    world.alice.forgetSessions();
    world.say('two');
    await world.reply((text) => text === 'You said: two');
    expect(world.alice.unread).toHaveLength(1);
    const [first] = world.whatsApp.shown(world.alice);
    await world.restart();
    await isUp(world);
    world.whatsApp.askAgain(world.alice, first?.id ?? '');
    await until('the answer once more', () => world.texts().length === 2);
    expect(world.texts()).toEqual(['You said: two', 'You said: one']);
  });

  test('commands are answered while a turn runs, and /stop ends it', async () => {
    const world = await open();
    world.say('tokens=2000 interval=20ms');
    await until('the run', () => prompts(world).length > 0);
    world.say('/status');
    await world.reply((text) => text.includes('at work'));
    world.say('/stop');
    await world.reply((text) => text === 'Stopped.');
    await until('the run to end', () => world.gateway.agent?.stats().running === 0);
  });

  test('a message that is changed while it waits is read as it is then', async () => {
    const world = await open();
    world.say('first tokens=40 interval=80ms');
    await until('the first to run', () => prompts(world).length > 0);
    const id = world.say('secnd');
    const key = { remoteJid: world.alice.jid, fromMe: true, id };
    const protocolMessage = { key, type: 14, editedMessage: { conversation: 'second' } };
    world.whatsApp.say({ from: world.alice, message: { protocolMessage } });
    await world.reply((text) => text === 'You said: second');
    expect(prompts(world).join()).not.toContain('secnd');
  });

  test('what was written while Moby was away is answered once, and marked as old', async () => {
    const world = await open();
    await world.gateway.close();
    world.whatsApp.say({ from: world.alice, text: 'are you there', offline: true, agoMs: 3_600_000 });
    await world.restart();
    await world.reply((text) => text === 'You said: are you there');
    expect(prompts(world)[0]).toContain('This message is old');
    await world.restart();
    await isUp(world);
    world.say('and now');
    await world.reply((text) => text === 'You said: and now');
    expect(world.texts()).toEqual(['You said: are you there', 'You said: and now']);
  });

  test('a message that comes twice, also after a restart, is answered once', async () => {
    const world = await open();
    const said = { from: world.alice, text: 'hello', id: 'THE-SAME' };
    world.whatsApp.say(said);
    await world.reply((text) => text === 'You said: hello');
    world.whatsApp.say(said);
    await world.restart();
    await isUp(world);
    world.whatsApp.say(said);
    world.say('and you');
    await world.reply((text) => text === 'You said: and you');
    expect(world.texts()).toEqual(['You said: hello', 'You said: and you']);
  });

  test.each([
    ['although it arrived', true],
    ['and did not arrive', false],
  ])('a message that is not acknowledged (%s) is sent again, and shows once', async (_, after) => {
    const world = await open();
    world.whatsApp.faults.plan('send', { how: 'hang', after }, Number.POSITIVE_INFINITY);
    world.say('hello');
    await until('the try', () => world.whatsApp.received.some(({ tag }) => tag === 'message'));
    world.whatsApp.faults.clear();
    await world.reply((text) => text === 'You said: hello');
    await until('it to be settled', async () => (await statusOf(world)).waiting === 0);
    expect(world.texts()).toEqual(['You said: hello']);
    expect((await world.gateway.call('GET', '/api/channels')).body.trouble).toEqual([]);
  });

  test('a message that WhatsApp refuses for good has failed, visibly', async () => {
    const world = await open();
    world.whatsApp.faults.plan('send', { how: 'refuse', error: '463' });
    world.say('hello');
    const trouble = await until('the failure', async () => {
      const { body } = await world.gateway.call('GET', '/api/channels');
      return body.trouble[0];
    });
    expect(trouble).toMatchObject({ state: 'failed', error: expect.stringContaining('written first') });
  });

  test.each(['cut', 'blackHole', '503', '515'] as const)(
    'a line that ends (%s) is replaced, and what was written meanwhile is answered once',
    async (how) => {
      const world = await open();
      if (how === 'cut' || how === 'blackHole') world.whatsApp[how]();
      else world.whatsApp.streamError(how);
      world.say('in the middle of it');
      await world.reply((text) => text === 'You said: in the middle of it');
      expect(world.texts()).toEqual(['You said: in the middle of it']);
      expect((await statusOf(world)).connects).toBe(2);
    },
  );

  test.each([
    ['replaced', 'Another program'],
    ['device_removed', 'logged this device out'],
  ])('a conflict (%s) stops the channel with a clear line, and the gateway lives', async (what, reason) => {
    const world = await open();
    world.whatsApp.streamError(what);
    await until('the channel to stop', async () => (await statusOf(world)).state === 'stopped');
    expect(await statusOf(world)).toMatchObject({ fatal: true, reason: expect.stringContaining(reason) });
    expect((await world.gateway.ask('hello')).status).toBe(200);
    expect(world.whatsApp.connects).toBe(1);
  });

  test.each([
    [401, 'logged this device out'],
    [403, 'locked this account'],
    [405, 'Update Mobyclaw'],
  ])('a login that is refused with %i stops the channel with a clear line', async (code, reason) => {
    const world = await open();
    world.whatsApp.refuseLogins = code;
    world.whatsApp.cut();
    await until('the channel to stop', async () => (await statusOf(world)).state === 'stopped');
    expect(await statusOf(world)).toMatchObject({ fatal: true, reason: expect.stringContaining(reason) });
    expect((await world.gateway.ask('hello')).status).toBe(200);
  });
});
