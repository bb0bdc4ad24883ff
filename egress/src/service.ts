/**
 * Wires egress: the relay and the door, which the agent reaches, and the control server, which the gateway reaches. Nothing
 * of it is reached by anybody else. Keeps the lock of its folder, since the ledger has one writer.
 */
import { lookup } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { type Clock, every } from '@mobyclaw/lib/clock';
import { judge } from '@mobyclaw/lib/egress-rules/judge';
import { readHostName } from '@mobyclaw/lib/host-name';
import type { Logger } from '@mobyclaw/lib/logger';
import type { PartService } from '@mobyclaw/lib/part-process';
import { AlreadyLockedError, acquireProcessLock, type ProcessLock } from '@mobyclaw/lib/process-lock';
import { StartError } from '@mobyclaw/lib/start-error';
import type { DoorRow } from '@mobyclaw/protocol/egress';
import { Authority } from './ca/authority.ts';
import type { EgressConfig } from './config.ts';
import { controlRoutes } from './control/control-routes.ts';
import { controlServer } from './control/control-server.ts';
import { publicAddresses } from './door/addresses.ts';
import { AuditLog } from './door/audit-log.ts';
import { Dialler } from './door/dialler.ts';
import { createDoor } from './door/door.ts';
import { OpenPassages } from './door/open-passages.ts';
import { EventLog } from './events/event-log.ts';
import { CallBudget } from './ledger/budget.ts';
import { Ledger } from './ledger/ledger.ts';
import { type Listener, listen } from './listener.ts';
import { createRelay } from './relay/relay.ts';
import { Routes } from './relay/routes.ts';
import { Gate } from './rules/gate.ts';
import { registries } from './rules/registries.ts';
import { RulesFile } from './rules/rules-file.ts';
import { BoundSecrets } from './secrets/bound-secrets.ts';
import { openDatabase } from './store/database.ts';
import { RunningTurns } from './turns/running-turns.ts';

const REGISTRIES_MS = 60_000;
const SWEEP_MS = 6 * 3_600_000;
const FIRST_SWEEP_MS = 20_000; // not while it starts

export interface EgressOptions {
  version: string;
  clock: Clock;
  logger: Logger;
}

/** As its parts are bound; `url` is that of the control server. */
export interface EgressService extends PartService {
  readonly relayUrl: string;
  readonly doorUrl: string;
}

/** @throws StartError, or the listening error */
export async function startEgress(
  config: EgressConfig,
  { version, clock, logger }: EgressOptions,
): Promise<EgressService> {
  const lock = await lockFolder(config.folder);
  const database = openDatabase(config.folder);
  const events = new EventLog(database, clock);
  const ledger = new Ledger(database, clock, events.append);
  const budget = new CallBudget(ledger, clock);
  const left = ledger.recover(budget.costOf);
  if (left > 0) logger.warn({ calls: left }, 'calls of models whose end nobody saw count as guessed');
  const turns = new RunningTurns();
  const passages = new OpenPassages();
  const rules = new RulesFile(config.rulesFile, logger, ({ rules: inForce, problem }) => {
    const cut = passages.cut((target) => judge(inForce, target).verdict === 'refuse');
    if (cut > 0) logger.info({ connections: cut }, 'cut, since egress.yaml refuses their hosts now');
    events.append({ event: 'rules', data: problem ? { problem } : {} });
  });
  const packages = readAtMostEvery(REGISTRIES_MS, clock, () => registries());
  const gate = new Gate({
    rules,
    turns,
    registries: packages,
    ask: (ask) => events.tell({ event: 'ask', data: ask }),
    clock,
  });
  const authority = await Authority.open(config.folder, clock);
  const tellRow = (row: DoorRow): void => void events.append({ event: 'door', data: row });
  const audit = new AuditLog(config.folder, clock, tellRow, config.keepMs);
  const sweep = (): void => {
    audit.sweep();
    if (config.keepMs !== null) ledger.forget(config.keepMs);
  };
  const sweeping = every(clock, SWEEP_MS, sweep, FIRST_SWEEP_MS);
  const door = createDoor({
    judge: (asked, gone) => gate.decide(asked, gone),
    dialler: new Dialler({
      resolve: (name) => lookup(name, { all: true, order: 'verbatim' }),
      addresses: publicAddresses,
      environment: config.environment,
    }),
    secrets: new BoundSecrets(config.secrets),
    certificateFor: (host) => authority.certificateFor(host),
    authority: () => authority.certificate(),
    audit,
    passages,
    logger,
  });
  const relay = createRelay({ ...config, routes: new Routes(config), budget, ledger, turns, logger });
  const control = controlServer({
    token: config.token,
    allowedHosts: config.allowedHosts,
    routes: controlRoutes({
      version,
      turns,
      budget,
      ledger,
      events,
      gate,
      rules,
      registries: packages,
      audit,
      authority: authority.fingerprint,
    }),
    logger,
  });
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await relay.settled();
    sweeping.cancel();
    audit.close();
    events.close();
    database.close();
    lock.release();
  };
  try {
    listeners.push(await listen(relay.server, config.relay));
    listeners.push(await listen(door, config.door));
    listeners.push(await listen(control, config.control));
  } catch (error) {
    await close();
    throw error;
  }
  const [relayUrl = '', doorUrl = '', url = ''] = listeners.map((listener) => listener.url);
  await warmUp(gate, doorUrl);
  return { url, relayUrl, doorUrl, close };
}

/** All that the first refusal would wait for: the rules, the registries, tables of names, the server's own first request. */
async function warmUp(gate: Gate, doorUrl: string): Promise<void> {
  const wanted = { host: 'xn--bcher-kva.invalid', port: 443, pass: null };
  readHostName(wanted.host);
  await gate.decide(wanted, new AbortController().signal); // of no turn, so nobody is asked
  await new Promise<void>((resolve) => {
    const request = get(`${doorUrl}/healthz`, { agent: false }, (response) =>
      response.resume().on('close', resolve),
    );
    request.on('error', () => resolve()); // whoever comes next learns of it
  });
}

/** What is read from files that seldom change. */
function readAtMostEvery<T>(ms: number, clock: Clock, read: () => T): () => T {
  let known: { value: T; at: number } | null = null;
  return () => {
    if (known === null || clock.now() - known.at >= ms) known = { value: read(), at: clock.now() };
    return known.value;
  };
}

async function lockFolder(folder: string): Promise<ProcessLock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return acquireProcessLock(join(folder, '.lock'));
  } catch (error) {
    if (error instanceof AlreadyLockedError) {
      const next = 'Stop it, or set MOBYCLAW_HOME to another folder.';
      throw new StartError(`Another egress runs on ${folder}. ${next}`, { cause: error });
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new StartError(`${folder} cannot be used (${code}). Give it to the user that runs this.`, {
      cause: error,
    });
  }
}
