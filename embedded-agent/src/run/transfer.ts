/**
 * `transfer_task`: an agent gives a task to one of its `sub_agents`, which works on it in a session of its own within the
 * same run, with its own model and tools, and whose last words are the result. It does not see the conversation.
 *
 * What holds for the run holds in it: permissions of session and soul.yaml, the headers that bound what a turn may do, the
 * signal; and what it asks, the same person is asked. A sub-agent that fails is a failed call, and the run goes on.
 */
import type { StoredMessage } from '@mobyclaw/protocol/cagent';
import * as z from 'zod';
import type { Soul } from '../soul/schema.ts';
import { type AgentTool, builtInTool, type ToolContext } from '../tools/tool.ts';
import { type Offered, withTool } from './with-tool.ts';

/** How deep tasks are handed on: agents that name each other would do it without end. */
export const MOST_DEPTH = 3;

export interface Task {
  agent: string;
  task: string;
  expected_output: string;
}

/** @param run gives the last words of the agent; what it throws is told to whoever gave the task */
export function transferTool(
  names: readonly string[],
  run: (task: Task, context: ToolContext) => Promise<string>,
): AgentTool {
  return builtInTool({
    name: 'transfer_task',
    category: 'transfer',
    title: 'Transfer Task',
    description:
      'Give a task to another agent of your team and wait for its result. It does not see this conversation: tell it all ' +
      'that it needs.',
    readOnly: true,
    input: z.strictObject({
      agent: z.enum(names as [string, ...string[]]).describe('The agent that is to do it'),
      task: z.string().min(1).describe('What it is to do, clear and complete'),
      expected_output: z.string().describe('What its result should look like; may be empty'),
    }),
    run: async (task, context) => await run(task, context),
  });
}

/** The tool, for who has sub-agents, with what is told of them. */
export function withTransfer(tool: AgentTool, names: readonly string[], soul: Soul): Offered {
  const team = names.map((name) => `- ${name}: ${soul.agents[name]?.description ?? ''}`.trimEnd());
  return withTool(tool, `You can give tasks to these agents with transfer_task:\n${team.join('\n')}`);
}

/** What a sub-agent is told before its own instruction. */
export function taskText({ task, expected_output }: Task): string {
  const expected =
    expected_output === '' ? '' : `\n\n<expected_output>\n${expected_output}\n</expected_output>`;
  return `You are one of a team of agents. Your goal is this task:\n\n<task>\n${task}\n</task>${expected}`;
}

/** As cagent tells it when a task is done; the shape of a session that is read. */
export function subSession(id: string, createdAt: string, stored: readonly StoredMessage[]): object {
  const own = stored.filter(({ sub_session }) => sub_session === id);
  const messages = own.map(({ sub_session: _, ...message }) => ({ message }));
  return { id, title: 'Transferred task', messages, created_at: createdAt, tools_approved: false };
}
