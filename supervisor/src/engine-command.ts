/** The command line and the fixed environment of each engine. cagent's flags: `docker-agent serve api --help`. */
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import type { ChildCommand } from './child-process.ts';
import type { FoundEngine } from './engine.ts';
import { isAtLeast } from './engine-version.ts';

export interface ServeOptions {
  /** The fitted soul.yaml, absolute. */
  soul: string;
  /** `host:port` or `unix:///path`. */
  listen: string;
  sessionDb: string;
  /** Working directory, where `add_prompt_files` starts to look. */
  cwd: string;
  /** The published folder. In its `skills`, and nowhere else, cagent since 1.62 and the embedded agent look for skills. */
  kit: string;
  /** What the agent is given: keys, credentials, PATH. */
  env: Readonly<Record<string, string>>;
  /** Bearer token that the agent shall ask for, where the engine can. */
  token: string | undefined;
}

/** Never overridden by the owner: they keep the engine quiet, and from downloading programs by itself. */
export const ENGINE_SETTINGS: Readonly<Record<string, string>> = {
  TELEMETRY_ENABLED: 'false',
  DOCKER_AGENT_HIDE_TELEMETRY_BANNER: '1',
  DOCKER_AGENT_AUTO_INSTALL: 'false',
};

/** cagent takes `--auth-token` since 1.69; before, the flag is an error. The embedded agent reads MOBYCLAW_AGENT_TOKEN. */
export function takesToken(engine: FoundEngine): boolean {
  return engine.kind === 'embedded' || isAtLeast(engine.numbers, 1, 69);
}

/** Since 1.107 cagent refuses bodies over 1 MiB, which a picture has soon; since 1.124 the limit can be set. */
const REQUEST_BYTES = 128 * 1024 * 1024; // all attachments of a message that the gateway takes, in base64

function requestLimit(engine: FoundEngine): string[] {
  const settable = engine.kind === 'cagent' && isAtLeast(engine.numbers, 1, 124);
  return settable ? ['--max-request-size', String(REQUEST_BYTES)] : [];
}

export function serveCommand(engine: FoundEngine, options: ServeOptions): ChildCommand {
  const { soul, listen, sessionDb, cwd, kit, env, token } = options;
  const args = [...engine.prefix, 'serve', 'api', soul, '--listen', listen, '--session-db', sessionDb];
  args.push(...requestLimit(engine));
  const whole = { ...env, ...ENGINE_SETTINGS, DOCKER_AGENT_KIT_DIR: kit };
  if (engine.kind === 'embedded') Object.assign(whole, MALLOC_SETTINGS); // it hands none of it on to its shell
  if (token !== undefined && takesToken(engine)) {
    if (engine.kind === 'embedded') Object.assign(whole, { MOBYCLAW_AGENT_TOKEN: token });
    else args.push('--auth-token', token);
  }
  return { command: engine.command, args, cwd, env: whole };
}
