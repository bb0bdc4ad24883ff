/**
 * What breaks, row by row, in the midst of a conversation. Each scenario asks before, during and after the fault and says
 * how long it took from the fault until all was well again: everything asked was answered, and the channel up.
 */
import { until } from '@mobyclaw/testkit/until';
import type { Random } from '../soak/random.ts';
import type { Conversation } from './conversation.ts';
import type { FaultyPlatform } from './platforms/platform.ts';

/** Kills of one cell. */
export const KILLS = 8;
const RETRY_AFTER_SECONDS = 2;
const SLOW_MS = 300; // between words: an answer that is under way when the fault strikes, also on a busy machine
const NAMED_MS = 120_000; // Slack is asked once a minute whether the token is good

export interface Scenario {
  /** As in the table. */
  title: string;
  /** Whether the platform knows such a thing; left out where all do. */
  applies?: (platform: FaultyPlatform) => boolean;
  /** @returns seconds to recover, or null where it did not within the patience */
  run(conversation: Conversation, random: Random): Promise<number | null>;
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  none: {
    title: 'nothing breaks, for comparison',
    run: (conversation) => struck(conversation, () => undefined),
  },

  conflict: {
    title:
      'a second program takes the receive path: 409; WhatsApp: 440, which is for good (seconds until `status` names it)',
    applies: ({ conflict, replace }) => (conflict ?? replace) !== undefined,
    run: (conversation) =>
      conversation.broken.replace
        ? stopped(conversation, ({ replace }) => replace?.())
        : struck(conversation, ({ conflict }) => conflict?.()),
  },

  'rate-limit': {
    title: '429 with `retry_after`, on all calls and on the last edit',
    async run(conversation) {
      const { broken } = conversation;
      const first = await struck(conversation, () => broken.limit('any', RETRY_AFTER_SECONDS, 3));
      hit(broken);
      const last = await onLastEdit(conversation, () =>
        broken.limit('edit', RETRY_AFTER_SECONDS, Number.POSITIVE_INFINITY),
      );
      return slowest(first, last);
    },
  },

  outage: {
    title: '500, on all calls and on the last edit',
    async run(conversation) {
      const { broken } = conversation;
      const first = await struck(conversation, () => broken.outage('any', 3));
      hit(broken);
      const last = await onLastEdit(conversation, () => broken.outage('edit', Number.POSITIVE_INFINITY));
      return slowest(first, last);
    },
  },

  hung: {
    title: 'a call hangs: an edit, a send, a send that was carried out',
    run: (conversation) => eachCall(conversation, (kind, done) => conversation.broken.hang(kind, done)),
  },

  'black-hole': {
    title: 'the connection is a black hole',
    run: (conversation) => struck(conversation, ({ blackHole }) => blackHole()),
  },

  dropped: {
    title: 'the socket drops: all of them, and in a send that was or was not carried out',
    async run(conversation) {
      const cut = await struck(conversation, ({ cut }) => cut());
      const calls = await eachCall(conversation, (kind, done) => conversation.broken.drop(kind, done));
      return slowest(cut, calls);
    },
  },

  session: {
    title: 'the session is invalid',
    applies: ({ invalidate }) => invalidate !== undefined,
    run: (conversation) => struck(conversation, ({ invalidate }) => invalidate?.()),
  },

  revoked: {
    title:
      'the token is revoked, the device removed (seconds until `status` names it; good again and restarted, all is answered)',
    run: (conversation) =>
      stopped(conversation, ({ revoke }) => revoke(), conversation.broken.logIn !== undefined),
  },

  twice: {
    title: 'the same updates twice: at once, later, and after a restart',
    async run(conversation) {
      const { broken } = conversation;
      const during = await struck(conversation, ({ repeat }) => repeat());
      broken.repeat();
      conversation.ask();
      broken.repeat();
      if (!(await healed(conversation))) return null;
      await conversation.kill();
      await conversation.start();
      const from = Date.now();
      await conversation.up('broken');
      broken.repeat();
      conversation.ask();
      return (await healed(conversation)) ? slowest(during, since(from)) : null;
    },
  },

  question: {
    title:
      'the owner is asked: 409, 429, 500, a black hole, a send that hangs or drops, SIGKILL (he sees the question once and answers it)',
    async run(conversation) {
      const { broken } = conversation;
      const inTheSend: (() => void)[] = [
        () => broken.limit('send', RETRY_AFTER_SECONDS, 2),
        () => broken.outage('send', 2),
        ...[false, true].flatMap((done) => [
          () => broken.hang('send', done),
          () => broken.drop('send', done),
        ]),
      ];
      let longest: number | null = 0;
      for (const plan of inTheSend) {
        const already = broken.struck();
        plan();
        longest = slowest(longest, await permitted(conversation));
        hit(broken, already);
      }
      for (const strike of [() => broken.conflict?.(), () => broken.cut(), () => broken.blackHole()]) {
        conversation.askBystanders();
        longest = slowest(longest, await permitted(conversation, strike));
      }
      const name = conversation.askPermitted();
      await conversation.asksOwner(name);
      await conversation.kill();
      const from = Date.now();
      await conversation.start();
      return (await conversation.permit(name)) ? slowest(longest, since(from)) : null;
    },
  },

  killed: {
    title: 'SIGKILL at random moments',
    async run(conversation, random) {
      let longest = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        conversation.ask(150 * random.next());
        conversation.ask(150 * random.next());
        await new Promise((resolve) => setTimeout(resolve, 2500 * random.next())); // the moment is what is random
        await conversation.kill();
        const from = Date.now();
        conversation.ask();
        if (random.chance(0.5)) conversation.broken.repeat();
        await conversation.start();
        if (!(await healed(conversation))) return null;
        longest = Math.max(longest, since(from));
      }
      return longest;
    },
  },
};

/** The fault strikes while an answer streams; one more is asked for during it, and one after it. */
async function struck(
  conversation: Conversation,
  strike: (platform: FaultyPlatform) => void,
): Promise<number | null> {
  await before(conversation);
  const from = Date.now();
  strike(conversation.broken);
  conversation.askBystanders();
  conversation.ask();
  if (!(await healed(conversation))) return null;
  const seconds = since(from);
  conversation.broken.clear();
  conversation.ask();
  return (await healed(conversation)) ? seconds : null;
}

/**
 * The fault stops the channel for good: `status` names it, nothing is tried again, and once the owner has mended it and
 * started Moby anew all is answered.
 * @returns seconds until it was named
 */
async function stopped(
  conversation: Conversation,
  strike: (platform: FaultyPlatform) => void,
  wantsLogin = false,
): Promise<number | null> {
  const { broken } = conversation;
  await before(conversation);
  const from = Date.now();
  strike(broken);
  conversation.askBystanders();
  if (!wantsLogin) conversation.ask(); // without a login nothing is delivered, nor afterwards
  const isNamed = async (): Promise<boolean> => {
    const state = await conversation.state();
    return state?.state === 'stopped' && state.fatal && state.reason !== undefined;
  };
  await until('the status to name it', isNamed, NAMED_MS);
  const seconds = since(from);
  const connects = (await conversation.state())?.connects;
  if (!wantsLogin) conversation.ask();
  await conversation.bystandersDone();
  if ((await conversation.state())?.connects !== connects) throw new Error('it was tried again');
  await conversation.kill();
  broken.restore();
  await conversation.start();
  if (wantsLogin) await conversation.logIn();
  conversation.ask();
  return (await healed(conversation)) ? seconds : null;
}

/** Edits fail from the moment that the answer streams until after it has ended, so that the last one fails too. */
async function onLastEdit(conversation: Conversation, strike: () => void): Promise<number | null> {
  const { agent, broken } = conversation;
  await before(conversation);
  const already = broken.struck();
  strike();
  await until('the answer to end', () => agent.stats().running === 0, 30_000);
  await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_SECONDS * 1000)); // the last edit is tried meanwhile
  hit(broken, already);
  const from = Date.now();
  broken.clear();
  return (await healed(conversation)) ? since(from) : null;
}

/** One call after the other breaks: an edit in mid-answer, a send, and a send whose effect shows all the same. */
async function eachCall(
  conversation: Conversation,
  plan: (kind: 'send' | 'edit', carriedOut: boolean) => void,
): Promise<number | null> {
  const { broken } = conversation;
  await before(conversation);
  let from = Date.now();
  let already = broken.struck();
  plan('edit', false);
  conversation.askBystanders();
  let longest = (await healed(conversation)) ? since(from) : null;
  hit(broken, already);
  for (const carriedOut of [false, true]) {
    from = Date.now();
    already = broken.struck();
    plan('send', carriedOut);
    conversation.ask();
    longest = slowest(longest, (await healed(conversation)) ? since(from) : null);
    hit(broken, already);
  }
  conversation.ask();
  return (await healed(conversation)) ? longest : null;
}

/** What is asked needs the owner's word; the fault strikes while it is on its way to him. */
async function permitted(
  conversation: Conversation,
  strike: () => void = () => undefined,
): Promise<number | null> {
  const from = Date.now();
  const name = conversation.askPermitted();
  await conversation.running(name);
  strike();
  await conversation.asksOwner(name);
  if (!(await conversation.permit(name))) return null;
  return (await healed(conversation)) ? since(from) : null;
}

/** One question is answered and another one's answer is under way. */
async function before(conversation: Conversation): Promise<void> {
  conversation.ask();
  await conversation.answered();
  await conversation.begun(conversation.ask(conversation.broken.slowMs ?? SLOW_MS));
}

/** @throws where no call was struck: then nothing was measured */
function hit(broken: FaultyPlatform, already = 0): void {
  if (broken.struck() === already) throw new Error('the fault struck no call');
}

async function healed(conversation: Conversation): Promise<boolean> {
  const settled = await conversation.answered();
  await conversation.up('broken');
  return settled;
}

function slowest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

function since(from: number): number {
  return (Date.now() - from) / 1000;
}
