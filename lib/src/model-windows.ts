/**
 * How much models can read and write at once, in tokens, by their publishers' pages, as of 21 November 2026:
 * platform.claude.com/docs/en/about-claude/models/overview, developers.openai.com/api/docs/models and
 * ai.google.dev/gemini-api/docs/models. What the engine reports and what the owner names go before it.
 */

/** `provider/model`; a star stands for the rest of a name, such as the date of a release. The first that matches counts. */
const WINDOWS: Readonly<Record<string, number>> = {
  'offline/offline': 200_000,
  'anthropic/claude-opus-5*': 1_000_000,
  'anthropic/claude-fable-5*': 1_000_000,
  'anthropic/claude-opus-4*': 200_000,
  'anthropic/claude-sonnet-4*': 200_000,
  'anthropic/claude-haiku-4*': 200_000,
  'anthropic/claude-3*': 200_000,
  'openai/gpt-5-chat*': 128_000,
  'openai/gpt-5.1-chat*': 128_000,
  'openai/gpt-5*': 272_000, // of 400,000, the rest is for the answer: 70 % of all would be more than it reads
  'openai/gpt-4.1*': 1_047_576,
  'openai/gpt-4o*': 128_000,
  'openai/o3*': 200_000,
  'openai/o4-mini*': 200_000,
  'google/gemini-2.5*': 1_048_576,
  'google/gemini-2.0*': 1_048_576,
};

/** @param model `provider/model` @returns null where it is not known */
export function knownWindow(model: string): number | null {
  for (const [pattern, tokens] of Object.entries(WINDOWS)) {
    const matches = pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : model === pattern;
    if (matches) return tokens;
  }
  return null;
}
