/** Commands about Moby himself: help, status, usage, egress, memory. */
import { AgentError } from '../agent/agent-error.ts';
import type { Fullness } from '../compaction/windows.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import type { Command } from './command.ts';
import { egressCommand } from './egress-command.ts';
import { forgetCommand } from './forget-command.ts';
import { memoryCommand } from './memory-command.ts';
import { skillsCommand } from './skills-command.ts';
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
  skillsCommand,
  {
    name: 'model',
    usage: '[name | default]',
    description: 'Which model I think with, and another one for this conversation',
    menu: true,
    async run({ role, channel, text, sign }, { monitor, models, store, now }) {
      const wanted = text.trim();
      if (role === 'owner' && wanted !== '') return await chooseModel(models, channel, wanted, sign, now());
      const { model, engine } = await monitor.health();
      const which = model
        ? `I think with **${model}**${engine ? ` (${engine.kind} ${engine.version})` : ''}.`
        : 'I have answered nothing since I was started, and learn my model with the first answer.';
      if (role !== 'owner') return which;
      const chosen = store.sessions.find(channel)?.model ?? null;
      const here =
        chosen === null
          ? ''
          : `\n\nIn this conversation I think with **${chosen}**; \`${sign}model default\` goes back.`;
      return `${which}${here}${await choices(models, sign)}\n\nIt stands in \`~/.mobyclaw/soul.yaml\`, under \`models\`. Change it there and save: my next answer comes from the new one, in the same conversation. \`mobyclaw init\` changes it too.`;
    },
  },
  memoryCommand,
  forgetCommand,
];

async function chooseModel(
  models: ModelChoice,
  channel: string,
  name: string,
  sign: string,
  now: number,
): Promise<string> {
  const model = name.toLowerCase() === 'default' ? null : name;
  try {
    const refusal = await models.choose(channel, model, now);
    if (refusal !== null) return refusal;
  } catch (error) {
    if (error instanceof AgentError)
      return `I could not ask the agent which models there are: ${error.message}`;
    throw error;
  }
  if (model === null) return 'From my next answer on I think with the model in soul.yaml here.';
  return `From my next answer on I think with **${model}** in this conversation; others keep theirs. \`${sign}model default\` goes back.`;
}

async function choices(models: ModelChoice, sign: string): Promise<string> {
  try {
    const { names, perRun } = await models.list();
    if (!perRun || names.length < 2) return '';
    const list = names.map((name) => `- \`${sign}model ${name}\``).join('\n');
    return `\n\nFor this conversation alone:\n${list}`;
  } catch (error) {
    if (error instanceof AgentError) return ''; // the list is an extra; what else there is to say, is said
    throw error;
  }
}

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
