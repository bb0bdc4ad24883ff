/** The part of cagent's command line that Mobyclaw uses, so that either program can be started the same way. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ListenAddress, parseListenAddress } from './http/listen.ts';

export type Command =
  | { name: 'version' }
  | { name: 'help' }
  | { name: 'serve'; soulPath: string; listen: ListenAddress; sessionDb: string; workingDir: string };

export class CommandLineError extends Error {
  override name = 'CommandLineError';
}

export const USAGE = `Usage:
  embedded-agent serve api <soul.yaml> [flags]   serve the agent over HTTP
  embedded-agent version                         print the version

Flags:
  -l, --listen <address>       host:port or unix:///path.sock (default 127.0.0.1:8080)
  -s, --session-db <path>      file of the sessions (default session.db)
      --working-dir <folder>   where tools and prompt files start (default: here)

Environment:
  MOBYCLAW_AGENT_TOKEN         bearer token that every request must carry
`;

/** @throws CommandLineError that says what is wrong; relative paths are resolved against the working directory, as in cagent */
export function parseCommand(args: readonly string[], cwd: string): Command {
  const { values, positionals } = parse(args);
  if (values.help || positionals.length === 0) return { name: 'help' };
  if (positionals[0] === 'version' && positionals.length === 1) return { name: 'version' };
  const [serve, api, soul, ...rest] = positionals;
  if (serve !== 'serve' || api !== 'api')
    throw new CommandLineError(`unknown command: ${positionals.join(' ')}`);
  if (!soul || rest.length > 0) throw new CommandLineError('serve api takes exactly one file, the soul.yaml');
  const workingDir = resolve(cwd, values['working-dir'] ?? '.');
  try {
    return {
      name: 'serve',
      soulPath: resolve(workingDir, soul),
      listen: parseListenAddress(values.listen),
      sessionDb: resolve(workingDir, values['session-db']),
      workingDir,
    };
  } catch (error) {
    throw new CommandLineError((error as Error).message, { cause: error });
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        listen: { type: 'string', short: 'l', default: '127.0.0.1:8080' },
        'session-db': { type: 'string', short: 's', default: 'session.db' },
        'working-dir': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new CommandLineError((error as Error).message, { cause: error });
  }
}
