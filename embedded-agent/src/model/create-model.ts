/** The AI SDK's model for what soul.yaml names. Only the package of the provider in use is loaded. */
import type { LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { ResolvedModel as Resolved } from '@mobyclaw/lib/model-ref';
import { knownWindow } from '@mobyclaw/lib/model-windows';
import { repeatingFetch } from '@mobyclaw/lib/node-fetch';
import type { ModelConfig } from '../soul/schema.ts';
import { answerFetch } from './answer-fetch.ts';

export type ResolvedModel = Resolved<ModelConfig>;

export interface RunnableModel {
  model: LanguageModelV4;
  settings: { maxOutputTokens?: number; temperature?: number; topP?: number };
  providerOptions: SharedV4ProviderOptions;
  /** Whether the provider bills a repeated beginning of the prompt less where it is marked. */
  marksCache: boolean;
  /** Whether what a tool returns may hold pictures. */
  takesToolPictures: boolean;
  /** How many tokens the model can read and write at once; 0 where that is not known. */
  contextLimit: number;
  /** Whether it is asked through our relay, which may know whose call it is; a provider may not. */
  isRelayed: boolean;
}

/** A model as a run uses it. */
export interface RunModel {
  resolved: ResolvedModel;
  runnable: RunnableModel;
}

/** Through which models are asked, in the place of their providers. */
export interface RelayedModel {
  address: string;
  key: string;
}

/** @param window that the owner names in .env; what soul.yaml says of this very model goes before it */
export async function createModel(
  resolved: ResolvedModel,
  window = 0,
  relay: RelayedModel | null = null,
): Promise<RunModel> {
  const { max_tokens, temperature, top_p } = resolved.settings;
  const runnable: RunnableModel = {
    model: await languageModel(resolved, relay),
    settings: {
      ...(max_tokens === undefined ? {} : { maxOutputTokens: max_tokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(top_p === undefined ? {} : { topP: top_p }),
    },
    providerOptions: thinkingOptions(resolved),
    marksCache: resolved.kind === 'anthropic',
    takesToolPictures: !speaksChatCompletions(resolved),
    contextLimit: contextLimit(resolved, window),
    isRelayed: relay !== null,
  };
  return { resolved, runnable };
}

function contextLimit({ provider, model, settings }: ResolvedModel, window: number): number {
  return settings.provider_opts?.context_size ?? (window || (knownWindow(`${provider}/${model}`) ?? 0));
}

function speaksChatCompletions({ kind, responses }: ResolvedModel): boolean {
  return (kind === 'openai' || kind === 'compatible') && !responses;
}

async function languageModel(resolved: ResolvedModel, relay: RelayedModel | null): Promise<LanguageModelV4> {
  const { kind, provider, model, responses } = resolved;
  const baseUrl = relay?.address ?? resolved.baseUrl;
  const apiKey = relay?.key ?? resolved.apiKey ?? '';
  const fetch = answerFetch(repeatingFetch, { chat: speaksChatCompletions(resolved) });
  const common = { fetch, ...(baseUrl ? { baseURL: baseUrl.replace(/\/+$/, '') } : {}) };
  switch (kind) {
    case 'bedrock':
      throw new TypeError('a provider that cagent alone runs was let through');
    case 'offline': {
      const { OfflineModel } = await import('../offline/offline-model.ts');
      return new OfflineModel();
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ ...common, ...(baseUrl ? { baseURL: withVersion(baseUrl) } : {}), apiKey })(
        model,
      );
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle({ ...common, apiKey })(model);
    }
    case 'openai':
    case 'compatible': {
      if (responses) {
        const { createOpenAI } = await import('@ai-sdk/openai');
        return createOpenAI({ ...common, apiKey })(model);
      }
      if (kind === 'openai' && !resolved.baseUrl) {
        const { createOpenAI } = await import('@ai-sdk/openai');
        return createOpenAI({ ...common, apiKey }).chat(model);
      }
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({
        ...common,
        name: provider,
        baseURL: common.baseURL ?? '',
        includeUsage: true,
        supportsStructuredOutputs: true, // asked for in soul.yaml alone
        ...(apiKey ? { apiKey } : {}),
      })(model);
    }
  }
}

/** cagent's base_url of Anthropic is without the API version, the AI SDK's with it. */
function withVersion(baseUrl: string): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return /\/v\d+$/.test(trimmed) ? trimmed : `${trimmed}/v1`;
}

function thinkingOptions({ kind, provider, settings }: ResolvedModel): SharedV4ProviderOptions {
  const budget = settings.thinking_budget;
  if (budget === undefined) return {};
  if (typeof budget === 'string') {
    const effort = { reasoningEffort: budget };
    return kind === 'compatible' ? { [provider]: effort } : kind === 'openai' ? { openai: effort } : {};
  }
  if (kind === 'anthropic' && budget > 0) {
    return { anthropic: { thinking: { type: 'enabled', budgetTokens: budget } } };
  }
  if (kind === 'google') {
    return { google: { thinkingConfig: { thinkingBudget: budget, includeThoughts: true } } };
  }
  return {};
}
