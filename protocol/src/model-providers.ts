/**
 * The model providers that agents know by name, and every variable that may hold a key of one: the one list of both.
 * What hands variables on reads it here, and so does what keeps them from programs that the model runs.
 */
export type ProviderKind = 'anthropic' | 'google' | 'openai' | 'compatible' | 'bedrock' | 'offline';

export interface KnownProvider {
  kind: ProviderKind;
  /** Any of these holds the key; none for a provider that wants no key. */
  keys: readonly string[];
  baseUrl?: string;
  /** cagent runs it, the agent that comes with Mobyclaw does not. */
  cagentOnly?: true;
}

/** By the name that soul.yaml uses; the conventions are cagent's. */
export const MODEL_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  anthropic: { kind: 'anthropic', keys: ['ANTHROPIC_API_KEY'] },
  openai: { kind: 'openai', keys: ['OPENAI_API_KEY'] },
  google: { kind: 'google', keys: ['GOOGLE_API_KEY', 'GEMINI_API_KEY'] },
  mistral: { kind: 'compatible', keys: ['MISTRAL_API_KEY'], baseUrl: 'https://api.mistral.ai/v1' },
  xai: { kind: 'compatible', keys: ['XAI_API_KEY'], baseUrl: 'https://api.x.ai/v1' },
  nebius: { kind: 'compatible', keys: ['NEBIUS_API_KEY'], baseUrl: 'https://api.studio.nebius.com/v1' },
  requesty: { kind: 'compatible', keys: ['REQUESTY_API_KEY'], baseUrl: 'https://router.requesty.ai/v1' },
  minimax: { kind: 'compatible', keys: ['MINIMAX_API_KEY'], baseUrl: 'https://api.minimax.io/v1' },
  azure: { kind: 'compatible', keys: ['AZURE_API_KEY'], cagentOnly: true },
  'amazon-bedrock': {
    kind: 'bedrock',
    keys: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE'],
    cagentOnly: true,
  },
  ollama: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:11434/v1' },
  dmr: { kind: 'compatible', keys: [], baseUrl: 'http://localhost:12434/engines/v1' },
  offline: { kind: 'offline', keys: [] },
};

/** Names that other programs use for keys of providers which soul.yaml reaches by `base_url` and `token_key`. */
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
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS',
];

/** Every variable that may hold a key of a provider, each once: handed to the agent, and to no program that he runs. */
export const PROVIDER_KEYS: readonly string[] = [
  ...new Set([...Object.values(MODEL_PROVIDERS).flatMap(({ keys }) => keys), ...OTHER_KEYS]),
];

/** What goes to the agent with the keys and is no secret: addresses, regions, projects. */
export const PROVIDER_SETTINGS: readonly string[] = [
  ...['ANTHROPIC', 'OPENAI', 'GOOGLE', 'GEMINI', 'MISTRAL', 'XAI', 'GROQ', 'DEEPSEEK', 'OPENROUTER'].map(
    (name) => `${name}_BASE_URL`,
  ),
  ...['AZURE', 'AZURE_OPENAI', 'OLLAMA'].flatMap((name) => [`${name}_BASE_URL`, `${name}_API_BASE`]),
  'OPENAI_API_BASE',
  'OLLAMA_HOST',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_GENAI_USE_VERTEXAI',
];
