/** Commands about Moby himself: help, status, usage, egress, memory. */
import type { Fullness } from '../compaction/windows.ts';
import type { Command } from './command.ts';
import { egressCommand } from './egress-command.ts';
import { forgetCommand } from './forget-command.ts';
import { memoryCommand } from './memory-command.ts';
import { usageCommand } from './usage-command.ts';

export const operationCommands: readonly Command[] = [
  {
    name: 'help',
    description: 'What I can do',
    menu: true,
    run({ help, sign }) {
      const lines = help.map(({ name, usage, description }) => {
        return `- \`${sign}${name}${usage === undefined ? '' : ` ${usage}`}\`: ${description}`;
      });
      return ['Just write to me. These commands work at any time:', lines.join('\n')].join('\n\n');
    },
  },
  {
    name: 'start',
    description: 'Say hello',
    run: ({ sign }) => `Hello, I am Moby. Write to me what you need; \`${sign}help\` shows the commands.`,
  },
  {
    name: 'status',
    description: 'How I am',
    menu: true,
    async run({ channel, role, sign }, { monitor, turns, store, windows, channels }) {
      const { reachable, engine, model, detail, toolProblems } = await monitor.health();
      const counts = store.turns.countByState();
      const lines = [
        reachable
          ? `${detail ? '⚠️' : '✅'} I am ready${model ? `, thinking with ${model}` : ''}${engine ? ` (${engine.kind} ${engine.version})` : ''}.${detail ? ` But: ${detail}` : ''}`
          : `⚠️ My agent does not answer.${detail ? ` ${detail}` : ''}`,
        `Here: ${turns.lanes.runningIn(channel) ? 'at work' : 'idle'}, ${store.turns.countWaiting(channel)} waiting.`,
      ];
      const context = contextText(windows.fullness(store.contexts.of(channel)));
      if (context !== null) lines.push(context);
      const undelivered = store.outbox.undelivered(channel).length;
      if (undelivered > 0)
        lines.push(
          `${undelivered} of my messages here did not arrive, or perhaps not; \`${sign}resend\` sends them again.`,
        );
      if (role === 'owner') {
        for (const problem of toolProblems) lines.push(`⚠️ Tools: ${problem}`);
        const [failing] = store.compactions.failing();
        if (failing)
          lines.push(
            `⚠️ ${failing.session} could not be made shorter yet: ${failing.reason ?? ''} I try again.`,
          );
        lines.push(`Everywhere: ${counts.running ?? 0} running, ${counts.queued ?? 0} waiting.`);
        for (const { platform, status } of channels()) {
          lines.push(`${platform}: ${status.state}${status.reason ? `. ${status.reason}` : ''}`);
        }
      }
      return lines.join('\n\n');
    },
  },
  usageCommand,
  egressCommand,
  {
    name: 'model',
    description: 'Which model I think with',
    menu: true,
    async run({ role }, { monitor }) {
      const { model, engine } = await monitor.health();
      const which = model
        ? `I think with **${model}**${engine ? ` (${engine.kind} ${engine.version})` : ''}.`
        : 'I have answered nothing since I was started, and learn my model with the first answer.';
      if (role !== 'owner') return which;
      return `${which}\n\nIt stands in \`~/.mobyclaw/soul.yaml\`, under \`models\`. Change it there and save: my next answer comes from the new one, in the same conversation. \`mobyclaw init\` changes it too.`;
    },
  },
  memoryCommand,
  forgetCommand,
];

/** @returns null where no model has been called in the conversation */
function contextText(fullness: Fullness | null): string | null {
  if (fullness === null) return null;
  const { tokens, window, share } = fullness;
  const about = window.source === 'estimated' ? 'an estimated ' : '';
  return `My model is ${Math.round(share * 100)} % full here: ${thousands(tokens)} of ${about}${thousands(window.tokens)} tokens.`;
}

function thousands(count: number): string {
  return count.toLocaleString('en');
}
