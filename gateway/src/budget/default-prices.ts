/**
 * Public list prices of the models that `init` offers, in US dollars per million tokens, as of 21 November 2026:
 * platform.claude.com/docs/en/about-claude/pricing and developers.openai.com/api/docs/pricing. The owner's
 * `gateway/prices.yaml` goes before them. A model that is in neither has no price, which is not the same as free.
 */
import type { Price, PriceEntry } from '@mobyclaw/lib/prices';

const MODELS: Readonly<Record<string, Price>> = {
  'offline/offline': { input: 0, output: 0 }, // rules cost nothing
  'anthropic/claude-opus-4-5': { input: 5, output: 25, cached: 0.5, cacheWrite: 6.25 },
  'anthropic/claude-sonnet-4-5': { input: 3, output: 15, cached: 0.3, cacheWrite: 3.75 },
  'anthropic/claude-haiku-4-5': { input: 1, output: 5, cached: 0.1, cacheWrite: 1.25 },
  'openai/gpt-5': { input: 1.25, output: 10, cached: 0.125 },
  'openai/gpt-5-mini': { input: 0.25, output: 2, cached: 0.025 },
  'openai/gpt-5-nano': { input: 0.05, output: 0.4, cached: 0.005 },
  'openai/gpt-4.1': { input: 2, output: 8, cached: 0.5 },
  'speech/tts-1': { input: 15, output: 0 }, // a million characters
  'speech/tts-1-hd': { input: 30, output: 0 },
  'transcription/whisper-1': { input: 100, output: 0 }, // a million seconds: 0.006 a minute
  'transcription/gpt-4o-transcribe': { input: 100, output: 0 },
  'transcription/gpt-4o-mini-transcribe': { input: 50, output: 0 },
};

/** Also under the name of a release, which ends in its date: claude-sonnet-4-5-20250929. */
export const DEFAULT_PRICES: readonly PriceEntry[] = Object.entries(MODELS).flatMap(
  ([model, price]): PriceEntry[] => [
    [model, price],
    [`${model}-20*`, price],
  ],
);
