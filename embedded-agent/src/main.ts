/** Wires the embedded agent. SIGTERM and SIGINT cancel the runs, store what they produced, and end the process. */
import { systemClock } from '@mobyclaw/lib/clock';
import { takeSecrets } from '@mobyclaw/lib/part-secrets';
import { type FaultLog, logFaults } from '@mobyclaw/lib/process-faults';
import { releaseAfterStart } from '@mobyclaw/lib/process-memory';
import { Agent } from './agent.ts';
import { type Command, CommandLineError, parseCommand, USAGE } from './command-line.ts';
import { isLoopback, listen } from './http/listen.ts';
import { createAgentServer } from './http/server.ts';
import { SessionStore } from './store/session-store.ts';
import { keepReceivedSwept } from './tools/mcp/received-folder.ts';

const VERSION = process.env.MOBYCLAW_VERSION ?? '0.0.0';
const CLOSE_MS = 3000; // an MCP server that does not answer must not hold the end

async function serve({
  soulPath,
  sessionDb,
  workingDir,
  listen: address,
}: Extract<Command, { name: 'serve' }>) {
  process.chdir(workingDir);
  const store = new SessionStore(sessionDb);
  const clock = systemClock;
  const environment = takeSecrets();
  const agent = new Agent({ soulPath, store, environment, clock, workingDir });
  const token = environment.MOBYCLAW_AGENT_TOKEN;
  const server = createAgentServer({
    agent,
    store,
    clock,
    token,
    loopback: isLoopback(address),
    onError: (error) => process.stderr.write(`${(error as Error).stack ?? error}\n`),
  });
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
    server.close();
    setTimeout(() => process.exit(0), CLOSE_MS).unref();
    agent.close().finally(() => {
      server.closeAllConnections();
      store.close();
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`Listening on ${await listen(server, address)}\n`);
  void keepReceivedSwept(workingDir, clock, stopping.signal, (error) => plainLog.warn({}, String(error)));
  await agent.warmUp();
  releaseAfterStart(clock);
}

/** Its log is plain text, as cagent's is. */
const plainLog: FaultLog = {
  warn: (_fields, text) => void process.stderr.write(`warning: ${text}\n`),
  fatal: (fields, text) => {
    const { err } = fields as { err?: unknown };
    if (err instanceof Error) process.stderr.write(`${err.stack}\n`);
    // Last, since a process that ended is quoted by its last line.
    process.stderr.write(`embedded-agent: ${text}: ${err instanceof Error ? err.message : err}\n`);
  },
};

async function main(): Promise<void> {
  logFaults(plainLog);
  const command = parseCommand(process.argv.slice(2), process.cwd());
  if (command.name === 'version') process.stdout.write(`mobyclaw embedded-agent ${VERSION}\n`);
  else if (command.name === 'help') process.stdout.write(USAGE);
  else await serve(command);
}

main().catch((error: unknown) => {
  const usage = error instanceof CommandLineError ? `\n\n${USAGE}` : '\n';
  process.stderr.write(`embedded-agent: ${(error as Error).message}${usage}`);
  process.exit(error instanceof CommandLineError ? 2 : 1);
});
