/**
 * A tool as an MCP server offers it: zod schema of its input, text as its answer. A mistake of the model comes back as a
 * tool error that says how to do it right; a fault of ours is logged and told without its details.
 */

import { wellFormed } from '@mobyclaw/lib/cut-text';
import type { Logger } from '@mobyclaw/lib/logger';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type { Asker, Upkeep } from '@mobyclaw/protocol/capability';
import type { CallToolResult, ContentBlock, Tool, ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';

/** Who asks: the owner by a token of his, or the turn whose capability the agent hands on; never by word of the model. */
export interface McpCaller {
  /** Unknown where the server does not ask. */
  asker?: Asker;
  turn?: string;
  session?: string;
  /** What the chat was called at first, where it was renamed since. */
  firstName?: string | undefined;
  sender?: string;
  /** In a turn that Moby runs for himself: which tools it may use. */
  upkeep?: Upkeep | undefined;
}

/** What a tool answers: text, or blocks where there is more than text to show, such as an image. */
export type McpAnswer = string | ContentBlock[];

/** Tells whoever waits for a call how it stands. */
export type McpProgress = (message: string) => void;

export interface McpTool {
  definition: Tool;
  /** @param progress null where the client does not follow it */
  call(input: unknown, caller: McpCaller, progress?: McpProgress | null): Promise<McpAnswer>;
}

export interface McpToolOptions<Input extends z.ZodObject> {
  name: string;
  title: string;
  /** Written for the model: what it does and when to use it. */
  description: string;
  input: Input;
  annotations: ToolAnnotations;
  run(
    input: z.output<Input>,
    caller: McpCaller,
    progress: McpProgress | null,
  ): McpAnswer | Promise<McpAnswer>;
}

/** Thrown by a tool: the message is for the model and says what to do instead. */
export class ToolError extends Error {
  override name = 'ToolError';
}

export function mcpTool<Input extends z.ZodObject>(options: McpToolOptions<Input>): McpTool {
  const { name, title, description, annotations } = options;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(options.input, { io: 'input' });
  return {
    definition: {
      name,
      title,
      description,
      inputSchema: inputSchema as Tool['inputSchema'],
      annotations: { title, ...annotations },
    },
    async call(input, caller, progress = null) {
      const parsed = options.input.safeParse(withoutNulls(input), { error: plainIssue });
      if (!parsed.success) {
        throw new ToolError(`The input of ${name} is not right. ${plainFaults(parsed.error).join('; ')}.`);
      }
      return options.run(parsed.data, caller, progress);
    },
  };
}

/** Models that must name every parameter write null for one they leave out. */
function withoutNulls(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input ?? {};
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

/**
 * Runs one call; never rejects. Logs name, session and duration, not what was said.
 * @param identify says who asks, or throws a ToolError, which refuses the call
 */
export async function callTool(
  tool: McpTool,
  input: unknown,
  identify: () => McpCaller,
  logger: Logger,
  progress: McpProgress | null = null,
): Promise<CallToolResult> {
  const start = performance.now();
  const context: Record<string, unknown> = { tool: tool.definition.name };
  const elapsedMs = (): number => Math.round((performance.now() - start) * 10) / 10;
  try {
    const caller = identify();
    if (caller.upkeep !== undefined) refuseInUpkeep(tool.definition.name, caller.upkeep);
    Object.assign(context, { session: caller.session, turn: caller.turn, asker: caller.asker });
    const answer = await tool.call(input, caller, progress);
    logger.info({ ...context, ms: elapsedMs() }, 'tool call');
    return { content: wellFormed(typeof answer === 'string' ? [{ type: 'text', text: answer }] : answer) };
  } catch (error) {
    if (error instanceof ToolError) {
      logger.info({ ...context, ms: elapsedMs(), refused: true }, 'tool call');
      return { content: [{ type: 'text', text: error.message }], isError: true };
    }
    logger.error({ ...context, ms: elapsedMs(), err: error }, 'tool call failed');
    const code = (error as NodeJS.ErrnoException).code;
    const cause = code === 'ENOSPC' ? 'the disk is full' : `internal error${code ? ` (${code})` : ''}`;
    return {
      content: [{ type: 'text', text: `${tool.definition.name} failed: ${cause}. Nothing was changed.` }],
      isError: true,
    };
  }
}

/** @throws ToolError where a turn that nobody sees asks for more than what it is for */
function refuseInUpkeep(tool: string, upkeep: Upkeep): void {
  if (upkeep === 'memory' && tool.startsWith('memory_')) return;
  const may = upkeep === 'memory' ? 'the memory tools alone' : 'no tool';
  throw new ToolError(
    `This is upkeep, in which ${may} can be used; ${tool} was not called. Go on without it.`,
  );
}
