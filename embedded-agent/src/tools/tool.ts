/** What a tool is to the run: its definition, as events carry it and the model is given it, and the work itself. */
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type { ToolDefinition, ToolResult } from '@mobyclaw/protocol/cagent';
import * as z from 'zod';

export interface ElicitationRequest {
  message: string;
  title?: string;
  schema?: unknown;
}

export interface ElicitationAnswer {
  action: 'accept' | 'decline' | 'cancel';
  content?: Record<string, unknown>;
  /** The form that it answers; without one, whichever waits. */
  id?: string;
}

/** The run that a tool is called in. */
export interface ToolContext {
  sessionId: string;
  /** Absolute; relative paths of a call are resolved against it. */
  workingDir: string;
  /** Headers of the run's own request, lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  signal: AbortSignal;
  elicit(request: ElicitationRequest): Promise<ElicitationAnswer>;
  /** Tells the person something while the call goes on. */
  notice(text: string): void;
}

export interface AgentTool {
  definition: ToolDefinition;
  /** How its server calls it, where that is another name. */
  sourceName?: string;
  /** What is wrong with the arguments, or null; a tool without it checks them itself. */
  faults?(input: unknown): string | null;
  /** Never throws for a failure of the call itself: that is a result with `isError`. Throws where the run was cancelled. */
  call(input: unknown, context: ToolContext): Promise<ToolResult>;
}

interface BuiltInTool<INPUT extends z.ZodType> {
  name: string;
  category: string;
  title: string;
  description: string;
  readOnly?: boolean;
  input: INPUT;
  run(input: z.infer<INPUT>, context: ToolContext): string | Promise<string>;
}

/** A tool of ours: arguments checked by zod; what it throws becomes a result with `isError`. */
export function builtInTool<INPUT extends z.ZodType>(tool: BuiltInTool<INPUT>): AgentTool {
  const { $schema, ...parameters } = z.toJSONSchema(tool.input, { io: 'input' });
  return {
    definition: {
      name: tool.name,
      category: tool.category,
      description: tool.description,
      parameters,
      annotations: { ...(tool.readOnly ? { readOnlyHint: true } : {}), title: tool.title },
      outputSchema: { type: 'string' },
    },
    faults(input) {
      const { error } = tool.input.safeParse(input, { error: plainIssue });
      return error ? plainFaults(error).join('; ') : null;
    },
    async call(input, context) {
      try {
        const output = await tool.run(tool.input.parse(input, { error: plainIssue }), context);
        return { output: output === '' ? 'no output' : output };
      } catch (error) {
        context.signal.throwIfAborted();
        const reason = error instanceof z.ZodError ? plainFaults(error).join('; ') : (error as Error).message;
        return { output: `Error: ${reason}`, isError: true };
      }
    },
  };
}
