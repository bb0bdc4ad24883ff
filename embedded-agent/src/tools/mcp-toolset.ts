/**
 * One MCP server of soul.yaml, through the AI SDK's client: connected at first need, shared by all runs, listed again
 * once a minute. `${headers.X}` of a call is taken from the request of the run that makes it, so that the server knows
 * who asks. A connection that fails is dropped, and the next model turn tries again: a restarted server needs nobody.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { MCPClient, MCPTransport } from '@ai-sdk/mcp';
import type { Clock } from '@mobyclaw/lib/clock';
import type { ToolDefinition, ToolResult } from '@mobyclaw/protocol/cagent';
import { nodeFetch } from '../model/node-fetch.ts';
import type { McpToolsetConfig } from '../soul/schema.ts';
import { expandShellVariables, expandTemplate } from './template.ts';
import type { AgentTool, ToolContext } from './tool.ts';

const CONNECT_TIMEOUT_MS = 10_000; // a server that accepts and never answers must not hold every run
const LIST_AGAIN_MS = 60_000;

export interface McpToolsetOptions {
  environment: Readonly<Record<string, string | undefined>>;
  workingDir: string;
  clock: Clock;
}

interface Connection {
  client: MCPClient;
  tools: AgentTool[];
  listedAt: number;
}

type CallToolResult = Awaited<ReturnType<MCPClient['callTool']>>;
type RunHeaders = Pick<ToolContext, 'headers'> & Partial<Pick<ToolContext, 'elicit'>>;

export class McpToolset {
  readonly name: string;
  readonly #config: McpToolsetConfig;
  readonly #options: McpToolsetOptions;
  readonly #run = new AsyncLocalStorage<RunHeaders>();
  #connecting: Promise<Connection> | null = null;

  constructor(config: McpToolsetConfig, options: McpToolsetOptions) {
    this.#config = config;
    this.#options = options;
    this.name = describe(config, options.environment);
  }

  /** What the server says about its tools, for the model. Empty until it is connected. */
  instructions = '';

  /** @throws Error where the server cannot be reached; its message names the step that failed */
  async tools(run: RunHeaders): Promise<AgentTool[]> {
    this.#connecting ??= this.#run.run(run, () => this.#connect());
    const pending = this.#connecting;
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

  async close(): Promise<void> {
    if (this.#connecting) await this.#drop(this.#connecting);
  }

  async #drop(pending: Promise<Connection>): Promise<void> {
    if (this.#connecting !== pending) return;
    this.#connecting = null;
    // Closing tells the server that the session is over; one that is gone cannot hear it, and need not.
    await pending.then(
      ({ client }) => client.close().catch(() => undefined),
      () => undefined,
    );
  }

  async #connect(): Promise<Connection> {
    const { createMCPClient, ElicitationRequestSchema } = await import('@ai-sdk/mcp');
    const client = await createMCPClient({
      transport: await this.#transport(),
      clientName: 'mobyclaw',
      protocolVersionDiscovery: false,
      capabilities: { elicitation: {} },
      initializationOptions: { timeout: CONNECT_TIMEOUT_MS },
      // A broken transport shows at the next call, which drops it; there is nobody to tell before that.
      onUncaughtError: () => undefined,
    });
    client.onElicitationRequest(ElicitationRequestSchema, async ({ params }) => {
      const elicit = this.#run.getStore()?.elicit;
      if (!elicit) return { action: 'decline' };
      const schema = 'requestedSchema' in params ? params.requestedSchema : undefined;
      const { action, content } = await elicit({ message: params.message, schema });
      return action === 'accept' && content ? { action, content } : { action };
    });
    try {
      const tools = await this.#list(client);
      this.instructions = client.instructions ?? '';
      return { client, tools, listedAt: this.#options.clock.now() };
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
  }

  async #transport(): Promise<MCPTransport | { type: 'http'; url: string; fetch: typeof fetch }> {
    const { remote, command, args, env } = this.#config;
    const { environment, workingDir } = this.#options;
    if (remote) {
      return {
        type: 'http',
        url: expandTemplate(remote.url, { environment }),
        fetch: (input, init) => this.#send(input, init),
      };
    }
    const { Experimental_StdioMCPTransport: Stdio } = await import('@ai-sdk/mcp/mcp-stdio');
    const own = Object.fromEntries(
      Object.entries(env ?? {}).map(([name, value]) => [name, expandShellVariables(value, environment)]),
    );
    const inherited = Object.fromEntries(
      Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return new Stdio({
      command: command ?? '',
      args: args ?? [],
      env: { ...inherited, ...own },
      cwd: workingDir,
      stderr: 'ignore',
    });
  }

  /** Every request of this server's client passes here, so that its headers are those of the run that caused it. */
  async #send(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    // The standing GET stream, which cagent does not open either: nothing in it concerns a run.
    if ((init.method ?? 'GET') === 'GET') return new Response(null, { status: 405 });
    const headers = new Headers(init.headers);
    const run = this.#run.getStore();
    for (const [name, value] of Object.entries(this.#config.remote?.headers ?? {})) {
      const values = { environment: this.#options.environment, ...(run ? { headers: run.headers } : {}) };
      headers.set(name, expandTemplate(value, values));
    }
    return nodeFetch(input, { ...init, headers });
  }

  async #list(client: MCPClient): Promise<AgentTool[]> {
    const { jsonSchema } = await import('@ai-sdk/provider-utils');
    const tools: AgentTool[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools({
        ...(cursor ? { params: { cursor } } : {}),
        options: { timeout: CONNECT_TIMEOUT_MS },
      });
      for (const { name, description, inputSchema, annotations } of page.tools) {
        const definition: ToolDefinition = {
          name,
          category: '',
          ...(description ? { description } : {}),
          parameters: inputSchema,
          annotations: (annotations ?? {}) as NonNullable<ToolDefinition['annotations']>,
          outputSchema: null,
        };
        tools.push({
          definition,
          inputSchema: jsonSchema(inputSchema as Parameters<typeof jsonSchema>[0]),
          call: (input, context) => this.#call(client, name, input, context),
        });
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    return tools;
  }

  async #call(client: MCPClient, name: string, input: unknown, context: ToolContext): Promise<ToolResult> {
    const given = Object.entries((input ?? {}) as Record<string, unknown>).filter(
      ([, value]) => value !== null,
    );
    try {
      const result = await this.#run.run(context, () =>
        client.callTool({
          name,
          arguments: Object.fromEntries(given),
          options: { signal: context.signal },
        }),
      );
      return toToolResult(result);
    } catch (error) {
      context.signal.throwIfAborted();
      if (this.#connecting && !isAnswer(error)) await this.#drop(this.#connecting);
      return { output: `Error calling tool: ${causes(error)}`, isError: true };
    }
  }
}

/** Whether the server itself answered with this error: the connection is then sound. */
function isAnswer(error: unknown): boolean {
  return typeof (error as { code?: unknown }).code === 'number';
}

function toToolResult(result: CallToolResult): ToolResult {
  if (!('content' in result) || !Array.isArray(result.content)) {
    return { output: JSON.stringify('toolResult' in result ? result.toolResult : null) };
  }
  const texts: string[] = [];
  const images: NonNullable<ToolResult['images']> = [];
  for (const part of result.content) {
    if (part.type === 'text') texts.push(String(part.text));
    else if (part.type === 'image') images.push({ data: String(part.data), mimeType: String(part.mimeType) });
    else if (part.type === 'resource_link') texts.push(`[${String(part.name)}](${String(part.uri)})`);
  }
  return {
    output: texts.join('') || 'no output',
    ...(result.isError ? { isError: true } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(result.structuredContent === undefined ? {} : { structuredContent: result.structuredContent }),
  };
}

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

/** The message of an error with those of its causes: "fetch failed" alone tells nobody anything. */
export function causes(error: unknown): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    const text = next.message || (next as NodeJS.ErrnoException).code || next.name;
    if (!messages.some((message) => message === text)) messages.push(text);
  }
  return messages.join(': ') || String(error);
}

function describe(
  config: McpToolsetConfig,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (!config.remote) return `mcp(stdio cmd=${config.command})`;
  const url = expandTemplate(config.remote.url, { environment });
  const host = URL.canParse(url) ? new URL(url).host : '';
  return `mcp(remote host=${host} transport=${config.remote.transport_type})`;
}
