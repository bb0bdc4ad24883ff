/** What one model call reads: the instructions, then the conversation, fitted to the model that is asked. */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { Clock } from '@mobyclaw/lib/clock';
import { estimateTokens } from '@mobyclaw/lib/token-estimate';
import type { RunnableModel } from '../model/create-model.ts';
import type { AgentConfig } from '../soul/schema.ts';
import type { Offer } from '../tools/toolbox.ts';
import { fitPrompt } from './fit.ts';
import { buildInstructions } from './instructions.ts';

const MOST_FOR_ANSWER = 0.15; // of the window; a longer answer is cut by the provider, and asks to go on
const CACHE_HERE = { anthropic: { cacheControl: { type: 'ephemeral' } } };

export interface PromptOptions {
  agent: AgentConfig;
  /** What a sub-agent was asked to do. */
  task: string | undefined;
  workingDir: string;
  home: string | undefined;
  clock: Clock;
  /** Something was left out of what the model reads; told once for each kind. */
  notice(message: string): void;
}

export class PromptBuilder {
  readonly #options: PromptOptions;
  /** What was too large for the model, once each. */
  readonly #toldOf = new Set<string>();

  constructor(options: PromptOptions) {
    this.#options = options;
  }

  async build(
    conversation: LanguageModelV4Prompt,
    offer: Offer,
    runnable: RunnableModel,
  ): Promise<LanguageModelV4Prompt> {
    const instructions = await this.#instructions(offer, runnable);
    const always = estimateTokens(JSON.stringify([instructions, offer.forModel]));
    return [...instructions, ...cached(this.#fitted(conversation, always, runnable), runnable)];
  }

  async #instructions(offer: Offer, { marksCache }: RunnableModel): Promise<LanguageModelV4Prompt> {
    const { agent, task, workingDir, home, clock } = this.#options;
    const { stable, changing } = await buildInstructions({
      agent,
      task,
      toolsetInstructions: offer.instructions,
      workingDir,
      home,
      clock,
    });
    const parts = [stable, changing].filter((text) => text !== '');
    if (!marksCache) return parts.length === 0 ? [] : [{ role: 'system', content: parts.join('\n\n') }];
    return parts.map((content) => ({
      role: 'system',
      content,
      ...(content === stable ? { providerOptions: CACHE_HERE } : {}),
    }));
  }

  /** What of the conversation the model can read, where one part of it is too large; whoever asked is told. */
  #fitted(
    conversation: LanguageModelV4Prompt,
    alwaysTokens: number,
    { contextLimit, settings }: RunnableModel,
  ): LanguageModelV4Prompt {
    if (contextLimit === 0) return conversation;
    const answer = Math.min(settings.maxOutputTokens ?? contextLimit, contextLimit * MOST_FOR_ANSWER);
    const { prompt, leftOut } = fitPrompt(conversation, contextLimit - answer - alwaysTokens);
    for (const { what, chars } of leftOut) {
      const named = what === 'message' ? 'The message is' : 'What a tool brought is';
      const message = `${named} longer than the model can read at once: ${chars} characters in the middle were left out.`;
      if (!this.#toldOf.has(what)) this.#options.notice(message);
      this.#toldOf.add(what);
    }
    return prompt;
  }
}

/** Marks the end of the conversation, so that the next call of this run pays for what is new only. */
function cached(prompt: LanguageModelV4Prompt, { marksCache }: RunnableModel): LanguageModelV4Prompt {
  const last = prompt.at(-1);
  if (!marksCache || !last) return prompt;
  return [...prompt.slice(0, -1), { ...last, providerOptions: CACHE_HERE }];
}
