/** What an agent is offered, with one tool more that belongs to the run. */
import type { AgentTool } from '../tools/tool.ts';
import type { Offer } from '../tools/toolbox.ts';

/** Gives the same object for the same offer. */
export type Offered = (offer: Offer) => Offer;

/** @param told goes to the instructions */
export function withTool(tool: AgentTool, told: string): Offered {
  let from: Offer | null = null;
  let made: Offer | null = null;
  return (offer) => {
    if (made && offer === from) return made;
    const { name, description = '', parameters } = tool.definition;
    const inputSchema = parameters as Offer['forModel'][number]['inputSchema'];
    from = offer;
    made = {
      ...offer,
      tools: new Map([...offer.tools, [name, tool]]),
      forModel: [...offer.forModel, { type: 'function', name, description, inputSchema }],
      instructions: [...offer.instructions, told],
    };
    return made;
  };
}
