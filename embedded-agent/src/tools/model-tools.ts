/**
 * Tools as the model is given them. Made once for a list that stays the same: each of its texts is looked at, and there
 * are many.
 */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { wellFormed } from '@mobyclaw/lib/cut-text';
import type { ToolDefinition } from '@mobyclaw/protocol/cagent';

export class ModelTools {
  #of: readonly ToolDefinition[] = [];
  #tools: LanguageModelV4FunctionTool[] = [];

  /** @param definitions the schema of one that has changed is another object */
  of(definitions: readonly ToolDefinition[]): LanguageModelV4FunctionTool[] {
    const same =
      definitions.length === this.#of.length &&
      definitions.every(
        ({ name, parameters }, index) =>
          name === this.#of[index]?.name && parameters === this.#of[index].parameters,
      );
    if (!same) {
      this.#of = definitions;
      this.#tools = wellFormed(definitions.map(toolOf));
    }
    return this.#tools;
  }
}

function toolOf({ name, description, parameters }: ToolDefinition): LanguageModelV4FunctionTool {
  const inputSchema = parameters as LanguageModelV4FunctionTool['inputSchema'];
  return { type: 'function', name, ...(description ? { description } : {}), inputSchema };
}
