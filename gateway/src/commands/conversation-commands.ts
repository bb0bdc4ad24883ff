/** Commands about the conversation in which they are written. */
import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import type { Command } from './command.ts';

const QUEUE_HELP: Record<string, string> = {
  followup: 'each message gets its own answer, in turn',
  collect: 'messages that come while I work are answered together',
  interrupt: 'a new message stops what I do',
};

export const conversationCommands: readonly Command[] = [
  {
    name: 'new',
    description: 'Begin a new conversation',
    menu: true,
    run({ channel, text }, { resets, now }) {
      const clean = text.trim().toLowerCase() === 'clean';
      resets.reset(channel, !clean, now());
      return clean
        ? 'A new conversation begins, and what we said before is not carried over. My memory stays.'
        : 'A new conversation begins; the last exchanges are carried over. `/new clean` leaves them behind. My memory stays.';
    },
  },
  {
    name: 'stop',
    description: 'Stop what I am doing',
    menu: true,
    run({ channel }, { turns }) {
      const { stopped, cancelled } = turns.stopSession(channel);
      if (!stopped && cancelled === 0) return 'There is nothing to stop.';
      const waiting = `${cancelled} waiting ${cancelled === 1 ? 'message' : 'messages'} cancelled`;
      if (!stopped) return `Stopped: ${waiting}.`;
      return cancelled === 0 ? 'Stopped.' : `Stopped, and ${waiting}.`;
    },
  },
  {
    name: 'queue',
    description: 'What messages do that come while I work',
    menu: true,
    run({ channel, text }, { store, defaultQueueMode, now }) {
      const wanted = text.trim().toLowerCase();
      const mode = queueModeSchema.safeParse(wanted);
      if (wanted !== '' && !mode.success) {
        return `There is no queue mode "${wanted.slice(0, 40)}".\n\n${queueList()}`;
      }
      if (mode.success) {
        store.transaction('durable', () => {
          store.sessions.touch(channel, now());
          store.sessions.setQueueMode(channel, mode.data);
        });
        return `From now on, ${QUEUE_HELP[mode.data]}.`;
      }
      const current = store.sessions.find(channel)?.queueMode ?? defaultQueueMode;
      const waiting = store.turns.countWaiting(channel);
      return `Queue mode is **${current}**; ${waiting} waiting.\n\n${queueList()}`;
    },
  },
  {
    name: 'resend',
    description: 'Send again what may not have arrived',
    run({ channel }, { resend }) {
      const count = resend(channel);
      return count === 0 ? 'Everything I sent here has arrived.' : 'Here it is again:';
    },
  },
];

function queueList(): string {
  return Object.entries(QUEUE_HELP)
    .map(([name, help]) => `- \`/queue ${name}\`: ${help}`)
    .join('\n');
}
