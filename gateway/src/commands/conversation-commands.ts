/** Commands about the conversation in which they are written. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import { isFrom } from '../channels/turn-sender.ts';
import type { Command, CommandCall, CommandServices } from './command.ts';

const MOST_WISH_CHARS = 500;
const QUEUE_HELP: Record<string, string> = {
  followup: 'each message gets its own answer, in turn',
  collect: 'messages that come while I work are answered together',
  interrupt: 'a new message stops what I do',
  steer: 'a message that comes while I work is put into the answer that I am giving, at my next step',
};

export const conversationCommands: readonly Command[] = [
  {
    name: 'new',
    usage: '[clean]',
    description: 'Begin a new conversation',
    ownerInGroups: true,
    menu: true,
    run({ channel, text, sign }, { resets, now }) {
      const clean = text.trim().toLowerCase() === 'clean';
      resets.reset(channel, !clean, now());
      return clean
        ? 'A new conversation begins, and what we said before is not carried over. My memory stays.'
        : `A new conversation begins; the last exchanges are carried over. \`${sign}new clean\` leaves them behind. My memory stays.`;
    },
  },
  {
    name: 'compact',
    usage: '[what matters]',
    description: 'Make the conversation shorter',
    ownerInGroups: true,
    menu: true,
    run({ channel, text, sign }, { shortening }) {
      const wish = text.trim() === '' ? null : cutText(text.trim(), MOST_WISH_CHARS);
      if (!shortening.ask(channel, wish)) {
        return 'There is nothing to make shorter: what I have in sight is no more than our last exchanges, or it is being made shorter already.';
      }
      return `I am making our conversation shorter: what should last I write down, and from then on I go on with a summary${wish === null ? '' : ', with what you named in it,'} and our last exchanges, which costs fewer tokens. All of it stays in the history. \`${sign}new clean\` leaves everything behind.`;
    },
  },
  {
    name: 'stop',
    description: 'Stop what I am doing',
    menu: true,
    run(call, services) {
      const { kind, role, channel } = call;
      if (kind === 'group' && role !== 'owner') return stopOwn(call, services);
      const withdrawn = call.withdraw();
      const { stopped, cancelled } = services.turns.stopSession(channel);
      return stoppedText(stopped !== null, withdrawn + cancelled);
    },
  },
  {
    name: 'queue',
    usage: '[followup | collect | interrupt | steer]',
    description: 'What messages do that come while I work',
    menu: true,
    run({ channel, text, sign, kind, role }, { store, defaultQueueMode, now }) {
      const wanted = text.trim().toLowerCase();
      const mode = queueModeSchema.safeParse(wanted);
      if (wanted !== '' && !mode.success) {
        return `There is no queue mode "${cutText(wanted, 40)}".\n\n${queueList(sign)}`;
      }
      if (mode.success) {
        if (kind === 'group' && role !== 'owner') return 'In a group only my owner can change that.';
        store.transaction('durable', () => {
          store.sessions.touch(channel, now());
          store.sessions.setQueueMode(channel, mode.data);
        });
        return `From now on, ${QUEUE_HELP[mode.data]}.`;
      }
      const current = store.sessions.find(channel)?.queueMode ?? defaultQueueMode;
      const waiting = store.turns.countWaiting(channel);
      return `Queue mode is **${current}**; ${waiting} waiting.\n\n${queueList(sign)}`;
    },
  },
  {
    name: 'resend',
    description: 'Send again what did not arrive, or perhaps not',
    run({ channel }, { resend }) {
      const count = resend(channel);
      return count === 0 ? 'Everything I sent here has arrived.' : 'I have sent it again.';
    },
  },
];

/** A guest in a group ends what he asked for himself, and nothing of others. */
function stopOwn(
  { platform, user, channel, withdraw }: CommandCall,
  { store, turns }: CommandServices,
): string {
  const withdrawn = withdraw(user);
  const running = turns.lanes.runningIn(channel);
  const isTheirs = (sender = ''): boolean => isFrom(sender, platform, user);
  const waiting = store.turns.waiting(channel, Number.MAX_SAFE_INTEGER);
  const theirs = waiting.filter(({ id, sender }) => id !== running && isTheirs(sender));
  for (const { id } of theirs) turns.cancel(id);
  const stops = running !== null && isTheirs(store.turns.find(running)?.sender);
  if (stops) turns.cancel(running);
  const cancelled = withdrawn + theirs.length;
  if (!stops && cancelled === 0 && running !== null) {
    return 'What I am doing was asked by somebody else; they or my owner can stop it.';
  }
  return stoppedText(stops, cancelled);
}

function stoppedText(stopped: boolean, cancelled: number): string {
  if (!stopped && cancelled === 0) return 'There is nothing to stop.';
  const waiting = `${cancelled} waiting ${cancelled === 1 ? 'message' : 'messages'} cancelled`;
  if (!stopped) return `Stopped: ${waiting}.`;
  return cancelled === 0 ? 'Stopped.' : `Stopped, and ${waiting}.`;
}

function queueList(sign: string): string {
  return Object.entries(QUEUE_HELP)
    .map(([name, help]) => `- \`${sign}queue ${name}\`: ${help}`)
    .join('\n');
}
