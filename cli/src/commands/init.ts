/** Sets Moby up. See `init/`. */
import { EXIT } from '../cli-error.ts';
import type { Define } from '../command.ts';
import { SENSITIVE_FLAG } from '../compose/sensitive-folders.ts';
import type { InitOptions } from '../init/init.ts';

export const command: Define = (target, context, exit) => {
  const many = (value: string, before: string[] = []): string[] => [...before, value];
  target
    .option('-y, --yes', 'ask nothing; flags and environment answer, the rest is left to its default')
    .option('--provider <name>', 'anthropic, openai, both, local or none')
    .option('--model <name>', 'as the provider names it; alone, another one of the provider that is set')
    .option('--base-url <url>', "of a server that speaks OpenAI's API; means --provider local")
    .option('--agent <name>', 'which program runs the agent: cagent or embedded')
    .option('--home <folder>', 'the data directory')
    .option('--port <port>', 'of the HTTP API, on 127.0.0.1')
    .option('--name <name>', 'what Moby should call you')
    .option('--workspace <name=/path[:mode]>', 'a folder he may work in; may be given again', many)
    .option(SENSITIVE_FLAG, 'that a home folder, ~/.ssh and the like is meant there')
    .option('--heartbeat <interval>', 'how often he wakes by himself: 30m, 2h, off')
    .option('--active-hours <span>', 'when he may: 08:00-23:00')
    .option('--time-zone <zone>', 'yours: Europe/Berlin')
    .option('--owner-channel <chat>', 'where results of schedules and heartbeats go: telegram:dm:12345')
    .option(
      '--secrets-stdin',
      'read lines NAME=value from standard input: keys, tokens, and credentials for his tools',
    )
    .option('--local', 'for local mode, though Docker is there')
    .addHelpText(
      'after',
      '\nKeys and tokens are never flags, since other users of the machine could read those: set them in the environment\n(ANTHROPIC_API_KEY=… ./mobyclaw init --yes) or give them with --secrets-stdin.',
    )
    .action(async (options: InitOptions) => {
      const { init } = await import('../init/init.ts');
      await init(context, options);
      exit(EXIT.ok);
    });
};
