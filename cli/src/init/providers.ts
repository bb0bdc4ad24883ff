/** The model providers that init knows: where their key comes from, and which model is a good first choice. */
export type Provider = 'anthropic' | 'openai' | 'local';

/** What the owner chooses among; `both` is Anthropic to talk with and OpenAI's key beside it. */
export const PROVIDER_CHOICES = ['anthropic', 'openai', 'both', 'local', 'none'] as const;

export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];

export interface ProviderInfo {
  name: string;
  keyName: 'ANTHROPIC_API_KEY' | 'OPENAI_API_KEY';
  /** Where a key is to be had. */
  hint: string;
  /** Overrules the public address; tests and proxies use it. */
  baseUrlName: 'ANTHROPIC_BASE_URL' | 'OPENAI_BASE_URL';
  baseUrl: string;
  /** The best first; the first that the account has is the default. */
  models: readonly string[];
}

export const PROVIDERS: Record<'anthropic' | 'openai', ProviderInfo> = {
  anthropic: {
    name: 'Anthropic',
    keyName: 'ANTHROPIC_API_KEY',
    hint: 'console.anthropic.com → API keys',
    baseUrlName: 'ANTHROPIC_BASE_URL',
    baseUrl: 'https://api.anthropic.com',
    models: ['claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-5'],
  },
  openai: {
    name: 'OpenAI',
    keyName: 'OPENAI_API_KEY',
    hint: 'platform.openai.com → API keys',
    baseUrlName: 'OPENAI_BASE_URL',
    baseUrl: 'https://api.openai.com/v1',
    models: ['gpt-5-mini', 'gpt-5', 'gpt-5-nano', 'gpt-4.1'],
  },
};

export const LOCAL_BASE_URL = 'http://localhost:11434/v1'; // Ollama's

/** Providers whose key a choice asks for. */
export function keyedProviders(choice: ProviderChoice): ('anthropic' | 'openai')[] {
  if (choice === 'both') return ['anthropic', 'openai'];
  return choice === 'anthropic' || choice === 'openai' ? [choice] : [];
}

/**
 * @param listed what the account has; empty where that is not known
 * @returns models to choose from, the best first
 */
export function modelChoices(provider: 'anthropic' | 'openai', listed: readonly string[]): string[] {
  const { models } = PROVIDERS[provider];
  // Lists name releases by date (claude-sonnet-4-5-20250929) and do not always list the name without it.
  const has = (model: string): boolean => listed.some((id) => id === model || id.startsWith(`${model}-20`));
  const found = models.filter(has);
  return found.length > 0 ? found : listed.length > 0 ? [...listed].slice(0, 12) : [...models];
}
