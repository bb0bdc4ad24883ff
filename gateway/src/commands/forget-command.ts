/**
 * `/forget`: shows what is there, and removes it after `/forget yes`. The second word names no phrase, so that the message that
 * asks for it does not hold what is forgotten.
 */
import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { type ForgetFinding, type ForgetWish, forgetWishSchema } from '@mobyclaw/protocol/forget';
import { ForgetWishError } from '../forget/forget-mark.ts';
import type { Command } from './command.ts';

const WAITS_MS = 600_000; // between the two
const MOST_CHATS = 100;
const MOST_LINES = 12;

const asked = new BoundedMap<string, { wish: ForgetWish; at: number }>(MOST_CHATS);

export const forgetCommand: Command = {
  name: 'forget',
  usage: '…',
  description: 'Remove words, `conversation KEY`, `person telegram:7` or `before DATE` for good',
  ownerOnly: true,
  async run({ kind, text, channel, sign }, { forgetting, now }) {
    if (kind === 'group') return 'I forget in our direct messages only.';
    const words = text.trim();
    if (words.toLowerCase() === 'yes') {
      const found = asked.get(channel);
      asked.delete(channel);
      if (!found || now() - found.at > WAITS_MS) return `What? Write \`${sign}forget\` and the words first.`;
      const { done } = await forgetting.begin(found.wish);
      const { state, problem, left } = await done;
      if (state === 'failed') return `⚠️ ${problem}`;
      const unseen = found.wish.phrase === undefined ? [] : [UNSEEN];
      return ['It is forgotten.', ...lines(left), ...unseen, ELSEWHERE].join('\n');
    }
    const wish = wishOf(words);
    if (wish === null) {
      return `Write \`${sign}forget\` and the words (three letters or more), \`conversation KEY\`, \`person telegram:7\` or \`before 2026-01-31\`.`;
    }
    try {
      const finding = await forgetting.look(wish);
      if (finding.places.length === 0) return 'I found nothing of that.';
      asked.set(channel, { wish, at: now() });
      return [...found(finding), `\`${sign}forget yes\` removes it. That cannot be undone.`].join('\n');
    } catch (error) {
      if (error instanceof ForgetWishError) return error.message;
      throw error;
    }
  },
};

const UNSEEN =
  '- My work folder, the logs and what was typed in a terminal I did not look through; `./mobyclaw forget` with the same words, on my machine, does.';
const ELSEWHERE =
  '- What the model provider, this messenger and old backups keep I cannot reach; delete your messages here yourself.';

function wishOf(words: string): ForgetWish | null {
  const [, verb = '', rest = ''] = /^(conversation|person|before)\s+(\S+)$/.exec(words) ?? [];
  return forgetWishSchema.safeParse(verb === '' ? { phrase: words } : { [verb]: rest }).data ?? null;
}

/** By places and counts: examples would stand in this chat once more. */
function found({ places }: ForgetFinding): string[] {
  const shown = places.slice(0, MOST_LINES).map(({ place, count }) => `- ${count} ${place}`);
  const more = places.length - shown.length;
  return ['I found:', ...shown, ...(more > 0 ? [`- and ${more} more places`] : []), ''];
}

function lines(left: readonly string[]): string[] {
  return left.slice(0, MOST_LINES).map((line) => `- ${line}`);
}
