/**
 * `handoff`: an agent gives the conversation to one of its `handoffs`, as in cagent. The other one goes on within the same run, with
 * its own model, tools and instruction, reads the whole conversation, and keeps it: later runs of the session are its own, until it hands
 * on or the process ends.
 */
import * as z from 'zod';
import type { Soul } from '../soul/schema.ts';
import { type AgentTool, builtInTool } from '../tools/tool.ts';
import { type Offered, withTool } from './with-tool.ts';

/** In one run: agents that hand on to each other would do it without end. */
const MOST_HANDOFFS = 10;

export class Handoffs {
  /** Who is to go on once the results of the tools are stored; null where nobody else is. */
  next: string | null = null;
  readonly #made: { count: number };

  /** @param made counted over all agents of a run */
  constructor(made: { count: number } = { count: 0 }) {
    this.#made = made;
  }

  /** For the agent that goes on. */
  forNext(): Handoffs {
    return new Handoffs(this.#made);
  }

  /** @param from who has the tool */
  offered(from: string, names: readonly string[], soul: Soul): Offered {
    if (names.length === 0) return (offer) => offer;
    const team = names.map((name) => `- ${name}: ${soul.agents[name]?.description ?? ''}`.trimEnd());
    const told = `You can hand this conversation to these agents with handoff:\n${team.join('\n')}`;
    return withTool(this.#tool(from, names), told);
  }

  #tool(from: string, names: readonly string[]): AgentTool {
    return builtInTool({
      name: 'handoff',
      category: 'handoff',
      title: 'Handoff Conversation',
      description:
        'Hand the conversation to another agent, which reads all of it and goes on with the user in your place.',
      readOnly: true,
      input: z.strictObject({
        agent: z.enum(names as [string, ...string[]]).describe('The agent that goes on'),
      }),
      run: async ({ agent }) => {
        if (this.next !== null) throw new Error(`the conversation goes to ${this.next} already`);
        if (this.#made.count >= MOST_HANDOFFS)
          throw new Error(`this answer was handed on ${MOST_HANDOFFS} times already; give it yourself`);
        this.#made.count += 1;
        this.next = agent;
        return (
          `${from} handed the conversation to ${agent}. ${agent}: go on with it in your own way, with the tools that you have ` +
          `now. Tools and agents that you see used above were those of ${from}.`
        );
      },
    });
  }
}
