/**
 * The agent under supervision in a container of its own: finds the engine, keeps it running, answers the gateway's
 * reloads. What the agent prints goes to this process's output, which is the container's log.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { provideNoNameResolver, RESOLVER_VARIABLE } from '@mobyclaw/lib/no-name-resolver';
import { ownBrokenSeal } from '@mobyclaw/lib/seals';
import { StartError } from '@mobyclaw/lib/start-error';
import { AgentFiles } from './agent-files.ts';
import { AgentSupervisor } from './agent-supervisor.ts';
import { certificateBundle } from './certificate-bundle.ts';
import { type ControlServer, startControlServer } from './control-server.ts';
import { findEngine } from './engine.ts';
import { ENGINE_SETTINGS } from './engine-command.ts';
import { engineEnvironment, relayIn } from './engine-environment.ts';
import { provideModelsDev, wantsModelsDevOffline } from './models-dev.ts';
import type { Supervising } from './run-process.ts';
import type { ListenAddress } from './settings.ts';
import { closeSecrets } from './without-secrets.ts';

export interface AgentContainerOptions {
  agentFolder: string;
  sessionsFolder: string;
  /** Where the fitted soul.yaml goes; in memory is best. */
  engineFolder: string;
  listen: ListenAddress;
  control: ListenAddress;
  allowedHosts: readonly string[];
  /** That the gateway shows; the agent must not have it. */
  controlToken: string;
  environment: Readonly<Record<string, string | undefined>>;
  embeddedBundle: string;
  /** docker/without-secrets.py, by which the agent is kept from the folder of secrets; null where there is none. */
  withoutSecrets: string | null;
  clock: Clock;
  logger: Logger;
}

const DOOR_MS = 5_000; // compose starts this when egress is healthy

const WORKSPACES = '/workspace'; // where compose mounts the owner's folders, each by its name

/** What the supervisor reads for itself and the agent has no use for. */
const OWN_SETTINGS =
  /^MOBYCLAW_(AGENT|AGENT_\w+|SESSIONS_FOLDER|CONTROL_\w+|RESOLVER_LISTEN|ALLOWED_HOSTS|MODELS_DEV|SEALS)$/;

export class AgentContainer implements Supervising {
  readonly #options: AgentContainerOptions;
  #agent: AgentSupervisor | null = null;
  #control: ControlServer | null = null;

  constructor(options: AgentContainerOptions) {
    this.#options = options;
  }

  /** @throws StartError where there is no engine, a setting is wrong, or a mount shows what it should not */
  async start(): Promise<void> {
    const { environment, agentFolder, sessionsFolder, engineFolder, listen, control, clock, logger } =
      this.#options;
    const broken = await ownBrokenSeal(environment);
    if (broken !== null) throw new StartError(broken);
    await provideNoNameResolver(environment[RESOLVER_VARIABLE], logger);
    const env = agentEnvironment(environment);
    if (env.MOBYCLAW_DOOR_URL) {
      await mkdir(engineFolder, { recursive: true, mode: 0o700 });
      const path = join(engineFolder, 'ca-bundle.pem');
      const bundle = { door: env.MOBYCLAW_DOOR_URL, path, environment, clock, logger, withinMs: DOOR_MS };
      Object.assign(env, await certificateBundle(bundle));
    }
    const work = join(sessionsFolder, 'work');
    await mkdir(work, { recursive: true, mode: 0o700 });
    const offline = wantsModelsDevOffline(environment.MOBYCLAW_MODELS_DEV);
    const engine = await findEngine({
      wanted: environment.MOBYCLAW_AGENT || undefined,
      path: environment.PATH,
      embeddedBundle: this.#options.embeddedBundle,
      env: { ...env, ...ENGINE_SETTINGS },
    });
    if (offline && engine.kind === 'cagent') await provideModelsDev(env);
    const { withoutSecrets } = this.#options;
    const closing = withoutSecrets === null ? undefined : await closeSecrets(withoutSecrets, logger);
    const agent = new AgentSupervisor({
      engine,
      ...(closing ? { sandbox: closing } : {}),
      published: join(agentFolder, 'soul.yaml'),
      fitted: join(engineFolder, 'soul.yaml'),
      sessionDb: join(sessionsFolder, 'session.db'),
      cwd: work, // what the shell leaves behind lies beside the session database, not among its files
      listen: `${listen.host}:${listen.port}`,
      token: environment.MOBYCLAW_AGENT_TOKEN || undefined,
      relay: relayIn(env),
      env: (soul) => engineEnvironment(engine.kind, soul, env),
      log: process.stdout,
      logger,
      clock,
    });
    this.#agent = agent;
    this.#control = await startControlServer({
      agent,
      files: new AgentFiles({
        cwd: work,
        home: environment.HOME ?? work,
        workspace: (name) => join(WORKSPACES, name),
      }),
      token: this.#options.controlToken,
      ...control,
      allowedHosts: this.#options.allowedHosts,
      logger,
    });
    await agent.start();
  }

  /** Where the control server listens, once started. */
  get controlPort(): number | null {
    return this.#control?.port ?? null;
  }

  async stop(): Promise<void> {
    await this.#control?.close();
    await this.#agent?.stop();
  }

  kill(): void {
    this.#agent?.kill();
  }
}

function agentEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      // Compose sets what .env leaves empty to nothing, and an engine takes an empty ANTHROPIC_BASE_URL for an address.
      (pair): pair is [string, string] => Boolean(pair[1]) && !OWN_SETTINGS.test(pair[0]),
    ),
  );
}
