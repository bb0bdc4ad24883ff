/**
 * The gateway's MCP server. Whose token it is decides which tools there are: the agent gets those he acts with, an
 * assistant of the owner's can also ask Moby, a token that may only read gets those that only read. The tools
 * are loaded with the first request: a gateway that nobody asks does not pay for it.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '@mobyclaw/lib/logger';
import type { McpHandler } from '@mobyclaw/mcp/handler';
import type { McpCaller, McpTool } from '@mobyclaw/mcp/tool';
import type { TokenRow } from '../store/token-store.ts';
import type { Capabilities } from '../turns/capabilities.ts';
import type { ToolPorts } from './tool-ports.ts';

type Audience = 'agent' | 'admin' | 'read';

const INSTRUCTIONS: Record<Audience, string> = {
  agent:
    'Time, schedules, chats and past conversations. Use schedule_create for anything to be done later or again and again; never promise to remember it yourself.',
  admin:
    'Moby, a personal agent: ask him, search what he knows and what was said, see and change his schedules, and bring him the answers of his owner.',
  read: 'Moby, a personal agent: search what he knows and what was said, see his schedules.',
};

export interface McpEndpointOptions {
  ports: ToolPorts;
  capabilities: Capabilities;
  version: string;
  logger: Logger;
}

export class McpEndpoint {
  readonly #options: McpEndpointOptions;
  readonly #handlers = new Map<Audience, Promise<McpHandler>>();
  /** Whose token a request came with, by its headers; nothing in them says so. */
  readonly #names = new WeakMap<IncomingHttpHeaders, string>();

  constructor(options: McpEndpointOptions) {
    this.#options = options;
  }

  /** @returns null where a token of this scope has no tools here */
  handler({ scope, name }: Pick<TokenRow, 'scope' | 'name'>): Promise<McpHandler> | null {
    if (scope !== 'agent' && scope !== 'admin' && scope !== 'read') return null;
    let handler = this.#handlers.get(scope);
    if (!handler) {
      handler = this.#load(scope);
      this.#handlers.set(scope, handler);
    }
    return handler.then((answer) => (request, response) => {
      this.#names.set(request.headers, name);
      return answer(request, response);
    });
  }

  async #load(audience: Audience): Promise<McpHandler> {
    const { ports, capabilities, version, logger } = this.#options;
    const [
      { mcpHandler },
      { gatewayTools },
      { chatTools },
      { scheduleTools },
      { assistantTools },
      { questionTools },
      { forgetTools },
      { skillTools },
    ] = await Promise.all([
      import('@mobyclaw/mcp/handler'),
      import('./gateway-tools.ts'),
      import('./chat-tools.ts'),
      import('./schedule-tools.ts'),
      import('./assistant-tools.ts'),
      import('./question-tools.ts'),
      import('./forget-tools.ts'),
      import('./skill-tools.ts'),
    ]);
    const { jobs } = ports;
    const own = [
      ...gatewayTools(ports),
      ...chatTools(ports),
      ...forgetTools(ports),
      ...skillTools(ports),
      ...(jobs ? scheduleTools({ ...ports, jobs }) : []),
    ];
    const all = audience === 'agent' ? own : [...own, ...assistantTools(ports)];
    const tools = {
      agent: all,
      admin: [...all, ...questionTools(ports)],
      read: all.filter(isReadOnly),
    }[audience];
    // Other assistants have tokens that he gave them.
    const owner = (headers: IncomingHttpHeaders): McpCaller => {
      const sender = this.#names.get(headers);
      return { asker: 'owner', ...(sender === undefined ? {} : { sender }) };
    };
    return mcpHandler({
      name: 'mobyclaw',
      version,
      instructions: INSTRUCTIONS[audience],
      tools,
      identify: audience === 'agent' ? (headers) => capabilities.caller(headers) : owner,
      logger,
    });
  }
}

function isReadOnly({ definition }: McpTool): boolean {
  return definition.annotations?.readOnlyHint === true;
}
