/**
 * Local mode: memory, workspace, egress, the agent and the gateway as children of one background process, started in this order,
 * each when those before it answer, and ended in the reverse. Reads the data directory's lock and credentials; writes
 * run/local.json at every change, so that the CLI can show progress and the reason of a failure.
 *
 * A part that dies is started again for ever, on the same address. What cannot be helped by trying again (the port is
 * taken, the folder is not writable, another supervisor runs) ends the start with a StartError. An agent that refuses its
 * soul.yaml does not: the gateway is started all the same, since it is the one that can put the good file back.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { AlreadyLockedError, acquireProcessLock, type ProcessLock } from '@mobyclaw/lib/process-lock';
import { StartError } from '@mobyclaw/lib/start-error';
import type { LocalState, SandboxReport } from '@mobyclaw/protocol/local-state';
import { AgentFiles } from './agent-files.ts';
import { placeAgentSocket } from './agent-socket.ts';
import { AgentSupervisor } from './agent-supervisor.ts';
import { certificateBundle } from './certificate-bundle.ts';
import { startControlServer } from './control-server.ts';
import { findEngine } from './engine.ts';
import { ENGINE_SETTINGS } from './engine-command.ts';
import { engineEnvironment, relayIn } from './engine-environment.ts';
import { type HomeFolder, prepareHome, readOwnCredentials, readSoul, readWorkspaces } from './home-folder.ts';
import { LocalParts } from './local-parts.ts';
import { findFreePorts, requireFreePort } from './local-port.ts';
import { LocalStateFile } from './local-state-file.ts';
import { buildWalls, insideEnvironment, planWalls } from './local-walls.ts';
import { provideModelsDev, wantsModelsDevOffline } from './models-dev.ts';
import { NodePart } from './node-part.ts';
import { endOrphans } from './orphans.ts';
import { type PartSources, partEnvironment } from './part-environment.ts';
import { RotatingLog } from './rotating-log.ts';
import type { Door } from './sandbox/doors.ts';

export interface Bundles {
  memory: string;
  workspace: string;
  egress: string;
  gateway: string;
  embeddedAgent: string;
  /** First program in the sandbox. */
  sandbox: string;
}

export interface LocalOptions {
  home: string;
  port: number;
  version: string;
  /** What runs, for `run/local.json`; absent where it is no build. */
  program?: { path: string; build: string } | null;
  /** The owner's settings and keys; each part gets its share. */
  environment: Readonly<Record<string, string | undefined>>;
  bundles: Bundles;
  clock: Clock;
  logger: Logger;
  /** Time for the gateway to end its turns on a stop, in milliseconds. */
  drainMs?: number;
}

const DRAIN_MS = 35_000; // the gateway takes up to 30 s to drain

type Closer = () => unknown;

const newSecret = (): string => randomBytes(32).toString('base64url');
const newModelKey = (): string => `sk-moby-${newSecret()}`; // some clients look at the form of a key

export class LocalSupervisor {
  readonly #options: LocalOptions;
  readonly #file: LocalStateFile;
  readonly #startedAt: string;
  readonly #parts: LocalParts;
  readonly #closers: Closer[] = [];
  #lock: ProcessLock | null = null;
  #state: 'up' | 'failed' | 'stopping' = 'up';
  #problem: string | undefined;
  #sandbox: SandboxReport | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #agent: AgentSupervisor | null = null;
  #memory: NodePart | null = null;
  #workspace: NodePart | null = null;
  #egress: NodePart | null = null;
  #gateway: NodePart | null = null;

  constructor(options: LocalOptions) {
    this.#options = options;
    this.#file = new LocalStateFile(options.home);
    this.#startedAt = new Date(options.clock.now()).toISOString();
    this.#parts = new LocalParts(() => this.#publish());
  }

  /**
   * Resolves when every part answers, or when it is known which one does not.
   * @throws StartError saying what is in the way; local.json then says it too where it could be written
   */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { home, port } = this.#options;
    const folder = await prepareHome(home);
    this.#takeLock(folder);
    try {
      await this.#endOrphans();
      this.#publish();
      await requireFreePort(port);
      await this.#bringUp(folder);
    } catch (error) {
      if (this.#stopping) return;
      const { message } = error as Error;
      await this.#fail(error instanceof StartError ? message : `the start failed: ${message}`);
      throw error;
    }
  }

  /** Gateway first, which drains, then the agent, then memory. Removes local.json. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends every child at once, for a process that is about to die of an error of its own. */
  kill(problem: string): void {
    this.#gateway?.kill();
    this.#agent?.kill();
    this.#egress?.kill();
    this.#workspace?.kill();
    this.#memory?.kill();
    this.#state = 'failed';
    this.#problem = problem;
    if (this.#lock) this.#publish();
  }

  async #bringUp(folder: HomeFolder): Promise<void> {
    const { home, port, environment, bundles, clock, logger, drainMs = DRAIN_MS } = this.#options;
    const offline = wantsModelsDevOffline(environment.MOBYCLAW_MODELS_DEV);
    const { environment: credentials, bound } = await readOwnCredentials(home);
    const workspaces = await readWorkspaces(home);
    const walls = await planWalls(environment.MOBYCLAW_SANDBOX || 'auto', environment.PATH, home);
    this.#sandbox = walls.report;
    const socket = await placeAgentSocket(folder.run, walls.bubblewrap !== null);
    this.#closers.push(() => socket.remove());
    const [memoryPort = 0, workspacePort = 0, relayPort = 0, doorPort = 0, egressPort = 0, insidePort = 0] =
      await findFreePorts(6);
    const partDoor = (name: string): string => join(dirname(socket.path), `${name}.sock`);
    const addresses = {
      home,
      port,
      secrets: {
        mcp: newSecret(),
        control: newSecret(),
        memory: newSecret(),
        capability: newSecret(),
        egress: newSecret(),
        model: newModelKey(),
      },
      memoryPort,
      workspacePort,
      relayPort,
      doorPort,
      egressPort,
      controlPort: 0,
      agentUrl: `unix://${socket.path}`,
      ...(walls.bubblewrap && { walled: { gatewayPort: insidePort, door: partDoor } }),
    };
    const soul = await readSoul(home);
    const sources: PartSources = { environment, credentials, bound, soul, workspaces, addresses };
    const log = (name: string): RotatingLog => {
      const file = new RotatingLog(join(folder.logs, `${name}.log`));
      this.#closers.push(() => file.close());
      return file;
    };

    const part = (
      name: 'memory' | 'workspace' | 'egress' | 'gateway',
      health: { url: string; path: string },
      graceMs: number,
    ): NodePart =>
      new NodePart({
        name,
        bundle: bundles[name],
        cwd: home,
        env: partEnvironment(name, sources),
        health,
        log: log(name),
        clock,
        logger,
        graceMs,
        onChange: (part) => this.#parts.set(name, part),
      });

    this.#memory = part('memory', { url: `http://127.0.0.1:${memoryPort}`, path: '/healthz' }, 5_000);
    this.#memory.start();
    this.#workspace = part(
      'workspace',
      { url: `http://127.0.0.1:${workspacePort}`, path: '/healthz' },
      5_000,
    );
    this.#workspace.start();
    this.#egress = part('egress', { url: `http://127.0.0.1:${egressPort}`, path: '/healthz' }, 5_000);
    this.#egress.start();
    const agentEnvironment = partEnvironment('agent', sources);
    const engine = await findEngine({
      wanted: environment.MOBYCLAW_AGENT || undefined,
      path: environment.PATH,
      embeddedBundle: bundles.embeddedAgent,
      env: { ...agentEnvironment, ...ENGINE_SETTINGS },
    });
    const modelsDevOffline = offline && engine.kind === 'cagent';
    if (modelsDevOffline && walls.bubblewrap === null) await provideModelsDev(agentEnvironment);
    const loopback = (port: number): Door => ({ port, target: { host: '127.0.0.1', port } });
    const built =
      walls.bubblewrap &&
      (await buildWalls({
        bubblewrap: walls.bubblewrap,
        folder,
        socket,
        engine,
        inside: bundles.sandbox,
        workspaces,
        readOnly: [],
        doors: [
          { port: memoryPort, target: { path: partDoor('memory') } },
          { port: insidePort, target: { path: partDoor('gateway') } },
          ...[workspacePort, relayPort, doorPort].map(loopback),
        ],
        modelsDevOffline,
        environment,
        logger,
      }));
    if (built && built.withheld.length > 0) this.#sandbox = { ...walls.report, withheld: built.withheld };
    const handed = built ? insideEnvironment(agentEnvironment, folder.insideHome) : agentEnvironment;
    const verdicts = await Promise.all([
      this.#memory.firstVerdict,
      this.#workspace.firstVerdict,
      this.#egress.firstVerdict,
    ]);
    if (verdicts.includes(false) || this.#stopping) return;
    const bundle = await certificateBundle({
      door: `http://127.0.0.1:${doorPort}`,
      path: join(folder.engine, 'ca-bundle.pem'),
      environment,
      clock,
      logger,
      withinMs: 0, // egress is up
    });
    Object.assign(handed, bundle);

    const agent = new AgentSupervisor({
      engine,
      published: folder.published,
      fitted: join(built ? folder.walledEngine : folder.engine, 'soul.yaml'),
      sessionDb: join(folder.sessions, 'session.db'),
      cwd: folder.work,
      listen: `unix://${socket.listen}`,
      socket,
      ...(built && { sandbox: built.sandbox }),
      token: environment.MOBYCLAW_AGENT_TOKEN || undefined,
      relay: relayIn(handed),
      env: (soul) => engineEnvironment(engine.kind, soul, handed, environment),
      log: log('agent'),
      logger,
      clock,
      onChange: () => this.#parts.setAgent(agent.status),
    });
    this.#agent = agent;
    const control = await startControlServer({
      agent,
      files: new AgentFiles({
        cwd: folder.work,
        home: handed.HOME ?? folder.work,
        ...(built && { root: () => built.sandbox.root }),
        workspace: (name) => workspaces.find((workspace) => workspace.name === name)?.path ?? null,
      }),
      token: addresses.secrets.control,
      host: '127.0.0.1',
      port: 0,
      logger,
    });
    this.#closers.push(() => control.close());
    addresses.controlPort = control.port;
    await agent.start();
    if (this.#stopping) return;

    this.#gateway = part('gateway', { url: `http://127.0.0.1:${port}`, path: '/readyz' }, drainMs);
    this.#gateway.start();
    await this.#gateway.firstVerdict;
  }

  #takeLock(folder: HomeFolder): void {
    try {
      this.#lock = acquireProcessLock(join(folder.run, 'local.lock'));
    } catch (error) {
      if (!(error instanceof AlreadyLockedError)) throw error;
      throw new StartError(
        `Mobyclaw runs already on ${folder.home}: mobyclaw status shows it, mobyclaw down stops it`,
        { cause: error },
      );
    }
  }

  async #endOrphans(): Promise<void> {
    const left = this.#file.read();
    if (left === null) return;
    const ended = await endOrphans(left, this.#options.clock);
    if (ended.length > 0)
      this.#options.logger.warn({ pids: ended }, 'ended what a killed supervisor had left');
  }

  async #fail(problem: string): Promise<void> {
    this.#state = 'failed';
    this.#problem = problem;
    await this.#endParts();
    this.#publish();
    this.#release();
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    if (this.#lock) this.#publish();
    await this.#endParts();
    await this.#starting.catch(() => undefined); // its caller is told
    await this.#endParts(); // what it had begun meanwhile
    if (this.#lock) this.#file.remove();
    this.#release();
  }

  async #endParts(): Promise<void> {
    await this.#gateway?.stop();
    await this.#agent?.stop();
    await this.#egress?.stop();
    await this.#workspace?.stop();
    await this.#memory?.stop();
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = null;
  }

  #publish(): void {
    const { port, version, program } = this.#options;
    const problem = this.#problem ?? this.#parts.problem;
    const state: LocalState = {
      pid: process.pid,
      version,
      ...(program ? { program: program.path, build: program.build } : {}),
      startedAt: this.#startedAt,
      port,
      state: this.#state === 'up' ? this.#parts.state : this.#state,
      ...(problem === undefined ? {} : { problem }),
      ...(this.#sandbox ? { sandbox: this.#sandbox } : {}),
      parts: this.#parts.all,
    };
    try {
      this.#file.write(state);
    } catch (error) {
      // A full disk must not end Moby; the CLI then sees an older state.
      this.#options.logger.error({ err: error }, 'run/local.json cannot be written');
    }
  }
}
