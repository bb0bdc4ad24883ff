/**
 * One MCP server of soul.yaml, through the MCP SDK's client: connected at first need, shared by all runs, listed again
 * once a minute. `${headers.X}` of a call is taken from the request of the run that makes it, so that the server knows
 * who asks. A connection that fails is dropped, and the next model turn tries again: a restarted server needs nobody.
 * A call always ends: with its answer, as soon as its connection is gone, or when patience ends.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@mobyclaw/lib/clock';
import { nodeFetch } from '@mobyclaw/lib/node-fetch';
import type { ToolResult } from '@mobyclaw/protocol/cagent';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import * as z from 'zod';
import type { McpToolsetConfig } from '../soul/schema.ts';
import { causes, McpSessionGoneError } from './mcp/connection-error.ts';
import { nameForProvider, otherName, readDefinition } from './mcp/definitions.ts';
import { McpHttpTransport } from './mcp/http-transport.ts';
import { patiently } from './mcp/patience.ts';
import { callResultSchema, toToolResult } from './mcp/result.ts';
import { McpStdioTransport } from './mcp/stdio-transport.ts';
import { ownEnvironment, serverEnvironment } from './program-environment.ts';
import { expandTemplate } from './template.ts';
import type { AgentTool, ElicitationRequest, ToolContext } from './tool.ts';

const CONNECT_TIMEOUT_MS = 10_000; // a server that accepts and never answers must not hold every run
const LIST_AGAIN_MS = 60_000;
const NO_TIMEOUT_MS = 2 ** 31 - 1; // the SDK's own is a minute; `patiently` bounds calls

const anything = z.looseObject({});
const listSchema = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().nullish() });

export interface McpToolsetOptions {
  environment: Readonly<Record<string, string | undefined>>;
  workingDir: string;
  clock: Clock;
}

interface Connection {
  client: Client;
  tools: AgentTool[];
  listedAt: number;
  /** Those that wait for their answer. */
  calls: Set<Pick<ToolContext, 'elicit'>>;
  /** No longer used; closed when its last call has ended. */
  dropped: boolean;
}

type RunHeaders = Pick<ToolContext, 'headers'> & Partial<Pick<ToolContext, 'elicit'>>;

export class McpToolset {
  readonly name: string;
  /** A short name that tells it from other servers, such as its host. */
  readonly label: string;
  readonly #config: McpToolsetConfig;
  readonly #options: McpToolsetOptions;
  readonly #run = new AsyncLocalStorage<RunHeaders>();
  #connecting: Promise<Connection> | null = null;
  /** What the connection reported last beside its calls, to be told where a call fails. */
  #reported = '';

  constructor(config: McpToolsetConfig, options: McpToolsetOptions) {
    this.#config = config;
    this.#options = options;
    this.name = describe(config, options.environment);
    const { command = '', remote } = config;
    this.label = remote ? hostOf(remote.url, options.environment) : (command.split('/').at(-1) ?? '');
  }

  /** What the server says about its tools, for the model. Empty until it is connected. */
  instructions = '';
  /** What is wrong with some of its tools, one line each. */
  problems: readonly string[] = [];

  /** @throws Error where the server cannot be reached; its message names the step that failed */
  async tools(run: RunHeaders): Promise<AgentTool[]> {
    try {
      return await this.#listed(run);
    } catch (error) {
      if (!(error instanceof McpSessionGoneError)) throw error;
      return await this.#listed(run); // the server was restarted
    }
  }

  async #listed(run: RunHeaders): Promise<AgentTool[]> {
    const pending = this.#connected(run);
    try {
      const connection = await pending;
      if (this.#options.clock.now() - connection.listedAt < LIST_AGAIN_MS) return connection.tools;
      connection.tools = await this.#run.run(run, () => this.#list(connection.client));
      connection.listedAt = this.#options.clock.now();
      return connection.tools;
    } catch (error) {
      await this.#drop(pending);
      throw error;
    }
  }

  #connected(run: RunHeaders): Promise<Connection> {
    this.#connecting ??= this.#run.run({ headers: run.headers }, () => this.#connect());
    return this.#connecting;
  }

  async close(): Promise<void> {
    const connecting = this.#connecting;
    this.#connecting = null;
    const connection = await connecting?.catch(() => null); // one that failed has nothing to close
    if (connection) await close(connection.client);
  }

  /** Calls of other runs may still be answered on it. */
  async #drop(pending: Promise<Connection>): Promise<void> {
    if (this.#connecting === pending) this.#connecting = null;
    const connection = await pending.catch(() => null); // it never came to be
    if (!connection) return;
    connection.dropped = true;
    if (connection.calls.size === 0) await close(connection.client);
  }

  async #connect(): Promise<Connection> {
    const [{ Client: SdkClient }, { ElicitRequestSchema }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    const client = new SdkClient(
      { name: 'mobyclaw', version: process.env.MOBYCLAW_VERSION ?? '0.0.0' },
      { capabilities: { elicitation: {} }, jsonSchemaValidator: { getValidator: () => trusting } },
    );
    const calls: Connection['calls'] = new Set();
    client.onerror = (error) => {
      this.#reported = causes(error);
    };
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      // What comes by the standing stream belongs to the only call there is, or to nobody who could be asked.
      const elicit = this.#run.getStore()?.elicit ?? (calls.size === 1 ? [...calls][0]?.elicit : undefined);
      if (!elicit) return { action: 'decline' as const };
      const schema = 'requestedSchema' in params ? params.requestedSchema : undefined;
      const { action, content } = await elicit({ message: params.message, schema });
      return (action === 'accept' && content ? { action, content } : { action }) as { action: typeof action };
    });
    const transport = this.#transport();
    try {
      await client.connect(transport as Transport, { timeout: CONNECT_TIMEOUT_MS });
      const connection = { client, tools: await this.#list(client), listedAt: this.#options.clock.now() };
      this.instructions = client.getInstructions() ?? '';
      return { ...connection, calls, dropped: false };
    } catch (error) {
      await close(client);
      const words = transport instanceof McpStdioTransport ? transport.lastWords : '';
      if (words === '' || causes(error).includes(words)) throw error;
      throw new Error(`${causes(error)}.${words}`, { cause: error });
    }
  }

  #transport(): McpHttpTransport | McpStdioTransport {
    const { remote, command, args, env } = this.#config;
    const { environment, workingDir, clock } = this.#options;
    if (remote) {
      return new McpHttpTransport({
        url: expandTemplate(remote.url, { environment }),
        clock,
        fetch: (input, init) => this.#send(input, init),
        outsideRuns: (work) => this.#run.exit(work),
      });
    }
    return new McpStdioTransport({
      command: command ?? '',
      args: args ?? [],
      env: { ...serverEnvironment(environment), ...ownEnvironment(env, environment) },
      cwd: workingDir,
      clock,
    });
  }

  /** Every request of this server's client passes here, so that its headers are those of the run that caused it. */
  async #send(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const run = this.#run.getStore();
    for (const [name, value] of Object.entries(this.#config.remote?.headers ?? {})) {
      const values = { environment: this.#options.environment, ...(run ? { headers: run.headers } : {}) };
      headers.set(name, expandTemplate(value, values));
    }
    return nodeFetch(input, { ...init, headers });
  }

  async #list(client: Client): Promise<AgentTool[]> {
    const tools = new Map<string, AgentTool>();
    const problems: string[] = [];
    let cursor: string | undefined;
    do {
      const request = { method: 'tools/list', ...(cursor ? { params: { cursor } } : {}) };
      const page = await client.request(request, listSchema, { timeout: CONNECT_TIMEOUT_MS });
      for (const [index, listed] of page.tools.entries()) {
        const tool = readDefinition(listed);
        if (!tool) {
          problems.push(`tool ${index + 1} of its list has no name and is left out`);
          continue;
        }
        const { sourceName, definition } = tool;
        const prefixed = this.#config.name
          ? nameForProvider(`${this.#config.name}_${sourceName}`)
          : definition.name;
        const name = tools.has(prefixed) ? otherName(prefixed, sourceName) : prefixed;
        tools.set(name, {
          definition: { ...definition, name },
          sourceName,
          call: (input, context) => this.#call(sourceName, input, context),
        });
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    this.problems = problems;
    return [...tools.values()];
  }

  async #call(name: string, input: unknown, context: ToolContext): Promise<ToolResult> {
    const given = Object.entries((input ?? {}) as Record<string, unknown>).filter(
      ([, value]) => value !== null,
    );
    const params = { name, arguments: Object.fromEntries(given) };
    try {
      return await this.#ask(params, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof McpSessionGoneError)) return this.#failed(error);
    }
    try {
      return await this.#ask(params, context); // the server refused it unread, so nothing ran: a session more, and again
    } catch (error) {
      context.signal.throwIfAborted();
      return this.#failed(error);
    }
  }

  #failed(error: unknown): ToolResult {
    const reported = this.#reported === '' ? '' : ` The connection had reported: ${this.#reported}`;
    this.#reported = '';
    return {
      output: `Error calling tool: ${causes(error)}${isAnswer(error) ? '' : reported}`,
      isError: true,
    };
  }

  async #ask(params: { name: string; arguments: unknown }, context: ToolContext): Promise<ToolResult> {
    const { clock } = this.#options;
    const pending = this.#connected(context);
    const connection = await pending;
    const { client, calls } = connection;
    const person = personTime(clock);
    const asking = {
      ...context,
      elicit: (request: ElicitationRequest) => person.during(context.elicit(request)),
    };
    const patience = {
      clock,
      signal: context.signal,
      personMs: person.ms,
      ping: () => client.request({ method: 'ping' }, anything, { timeout: NO_TIMEOUT_MS }),
      onQuiet: () =>
        context.notice(
          `The tool ${params.name} of ${this.name} has not answered for a minute. It is waited for, an hour at most.`,
        ),
    };
    calls.add(asking);
    try {
      const result = await patiently(patience, (signal) =>
        this.#run.run(asking, () =>
          client.request({ method: 'tools/call', params }, callResultSchema, {
            signal,
            timeout: NO_TIMEOUT_MS,
          }),
        ),
      );
      return await toToolResult(result, context.workingDir);
    } catch (error) {
      if (!context.signal.aborted && !isAnswer(error)) void this.#drop(pending);
      throw error;
    } finally {
      calls.delete(asking);
      if (connection.dropped && calls.size === 0) await close(client);
    }
  }
}

/** How long a call has waited for a person. */
function personTime(clock: Clock): { ms: () => number; during: <T>(wait: Promise<T>) => Promise<T> } {
  let passed = 0;
  let since: number | null = null;
  return {
    ms: () => passed + (since === null ? 0 : clock.now() - since),
    async during(wait) {
      since = clock.now();
      try {
        return await wait;
      } finally {
        passed += clock.now() - since;
        since = null;
      }
    },
  };
}

/** Tells the server that the session is over; one that is gone cannot hear it, and need not. */
async function close(client: Client): Promise<void> {
  await client.close().catch(() => undefined);
}

/** The SDK checks with it what its own callTool returns, which is not used here. */
const trusting = <T>(data: unknown) => ({
  valid: true as const,
  data: data as T & {},
  errorMessage: undefined,
});

/** Whether the server itself answered with this error: the connection is then sound. */
function isAnswer(error: unknown): boolean {
  return (
    typeof (error as { code?: unknown }).code === 'number' && (error as { code: number }).code !== CLOSED
  );
}

const CLOSED = -32_000; // what the SDK's client rejects calls with whose connection was closed

/**
 * Whether the server's address is a variable that was set to nothing on purpose, so that there is no such server and
 * nothing to warn of. A variable that is not set at all is a mistake, and is told.
 */
export function isSwitchedOff(
  { remote }: McpToolsetConfig,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const name = /^\$\{\s*env\.([\w-]+)\s*\}/.exec(remote?.url ?? '')?.[1];
  return name !== undefined && environment[name] === '';
}

function describe(
  config: McpToolsetConfig,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (!config.remote) return `mcp(stdio cmd=${config.command})`;
  return `mcp(remote host=${hostOf(config.remote.url, environment)} transport=${config.remote.transport_type})`;
}

function hostOf(template: string, environment: Readonly<Record<string, string | undefined>>): string {
  const url = expandTemplate(template, { environment });
  return URL.canParse(url) ? new URL(url).host : '';
}
