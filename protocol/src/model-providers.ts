/**
 * The model providers that agents know by name, and every variable that may hold a key of one: the one list of both.
 * What hands variables to the agent reads it here, and so does what keeps them from programs that the model runs.
 */
export type ProviderKind = 'anthropic' | 'google' | 'openai' | 'compatible' | 'bedrock' | 'offline';

export interface KnownProvider {
  kind: ProviderKind;
  /** Any of these holds the key; none for a provider that wants no key. */
  keys: readonly string[];
  /** What else it is told by variables, secrets or not; handed to an agent whose soul.yaml names the provider. */
  more?: readonly string[];
  baseUrl?: string;
  /** cagent runs it, the agent that comes with Mobyclaw does not. */
  cagentOnly?: true;
}

/** By the name that soul.yaml uses; the conventions are cagent's. */
export const MODEL_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  anthropic: { kind: 'anthropic', keys: ['ANTHROPIC_API_KEY'] },
  openai: { kind: 'openai', keys: ['OPENAI_API_KEY'] },
  google: {
    kind: 'google',
    keys: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'],
    more: [
      'GOOGLE_APPLICATION_CREDENTIALS',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_CLOUD_LOCATION',
      'GOOGLE_GENAI_USE_VERTEXAI',
    ],
  },
  mistral: { kind: 'compatible', keys: ['MISTRAL_API_KEY'], baseUrl: 'https://api.mistral.ai/v1' },
  xai: { kind: 'compatible', keys: ['XAI_API_KEY'], baseUrl: 'https://api.x.ai/v1' },
  nebius: { kind: 'compatible', keys: ['NEBIUS_API_KEY'], baseUrl: 'https://api.studio.nebius.com/v1' },
  requesty: { kind: 'compatible', keys: ['REQUESTY_API_KEY'], baseUrl: 'https://router.requesty.ai/v1' },
  minimax: { kind: 'compatible', keys: ['MINIMAX_API_KEY'], baseUrl: 'https://api.minimax.io/v1' },
  azure: { kind: 'compatible', keys: ['AZURE_API_KEY'], cagentOnly: true },
  'amazon-bedrock': {
    kind: 'bedrock',
    keys: [], // a role of the machine may do without any
    more: [
      'AWS_BEARER_TOKEN_BEDROCK',
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_PROFILE',
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
    ],
    cagentOnly: true,
  },
  ollama: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:11434/v1' },
  dmr: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:12434/engines/v1' },
  offline: { kind: 'offline', keys: [] },
};

/** Keys of providers that soul.yaml reaches by an address of their own, by the names that they are known by. */
const OTHER_KEYS: readonly string[] = [
  'GOOGLE_GENERATIVE_AI_API_KEY',
  'GROQ_API_KEY',
  'DEEPSEEK_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'OPENROUTER_API_KEY',
  'COHERE_API_KEY',
  'TOGETHER_API_KEY',
  'FIREWORKS_API_KEY',
  'CEREBRAS_API_KEY',
  'PERPLEXITY_API_KEY',
  'OLLAMA_API_KEY',
];

/** Each key that counts as one of a model provider: it goes to the agent, and to no program that he runs. */
export const PROVIDER_KEYS: readonly string[] = [
  ...new Set([...Object.values(MODEL_PROVIDERS).flatMap(({ keys }) => keys), ...OTHER_KEYS]),
];

/** Goes to the agent with the keys: where a provider is to be asked. */
export const PROVIDER_ADDRESSES: readonly string[] = [
  'ANTHROPIC_BASE_URL',
  'OPENAI_BASE_URL',
  'OPENAI_API_BASE',
  'GOOGLE_BASE_URL',
  'GEMINI_BASE_URL',
  'GOOGLE_GEMINI_BASE_URL', // as Google's own library reads it
  'MISTRAL_BASE_URL',
  'XAI_BASE_URL',
  'GROQ_BASE_URL',
  'DEEPSEEK_BASE_URL',
  'OPENROUTER_BASE_URL',
  'AZURE_BASE_URL',
  'AZURE_API_BASE',
  'AZURE_OPENAI_BASE_URL',
  'AZURE_OPENAI_API_BASE',
  'OLLAMA_BASE_URL',
  'OLLAMA_API_BASE',
  'OLLAMA_HOST',
];

/** Secrets, paths to secrets and accounts that open what the owner pays for; a program of the agent sees none of them unless it is given it. */
export const PROVIDER_SECRETS: readonly string[] = [
  ...PROVIDER_KEYS,
  ...Object.values(MODEL_PROVIDERS).flatMap(({ more }) => more ?? []),
];

/** A key of the platforms that people write on. None of these ever reaches the agent. */
export const MESSENGER_VARIABLE = /^(TELEGRAM|DISCORD|SLACK|WHATSAPP)_/;
