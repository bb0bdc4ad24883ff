/**
 * Which variables a soul.yaml names, and with that which ones its agent is handed: `token_key` of models and providers,
 * `${env.X}` anywhere but in what is said to the model, `$X` in the environment of a toolset, and the names by which the
 * providers in use are told their keys. None of a messenger's or of the stack's own.
 */
import { MESSENGER_VARIABLE, MODEL_PROVIDERS } from '@mobyclaw/protocol/model-providers';
import { yamlMap } from './yaml-text.ts';

const SAID_TO_THE_MODEL = new Set(['instruction', 'description', 'welcome_message']);
const TEMPLATE = /\$\{\s*env\.([A-Za-z_]\w*)\s*(\|\|)?/g;
const SHELL = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;
/** What would change the programs that run the agent, or is decided by Mobyclaw. */
const RESERVED = /^(MOBYCLAW_\w*|PATH|HOME|NODE_OPTIONS|LD_\w+)$/;

export interface SoulVariables {
  /** Names of keys of models: `token_key`. */
  tokenKeys: string[];
  /** Named by a toolset; without them it does not work. */
  tools: string[];
  /** Named in an address of a model, `base_url`; they are among `tools` too. */
  addresses: string[];
  /** Of the providers whose models are named, by convention. Any of them may do. */
  providers: string[];
}

/** @returns empty lists for a file that does not parse; the engine says what is wrong with it */
export function soulVariables(text: string): SoulVariables {
  return variablesIn(yamlMap(text));
}

/** @param soul what the file says, parsed */
export function variablesIn(soul: unknown): SoulVariables {
  const tokenKeys = new Set<string>();
  const tools = new Set<string>();
  const addresses = new Set<string>();
  const providers = new Set<string>();
  const take = (into: Set<string>, name: unknown): void => {
    if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name)) return;
    if (!RESERVED.test(name) && !MESSENGER_VARIABLE.test(name)) into.add(name);
  };
  const takeProvider = (name: unknown): void => {
    const known =
      typeof name === 'string' && Object.hasOwn(MODEL_PROVIDERS, name) ? MODEL_PROVIDERS[name] : null;
    for (const variable of [...(known?.keys ?? []), ...(known?.more ?? [])]) providers.add(variable);
  };
  const walk = (value: unknown, key: string, within: string): void => {
    if (typeof value === 'string') {
      if (key === 'token_key') take(tokenKeys, value);
      else if (key === 'provider') takeProvider(value);
      else if (key === 'model') for (const ref of value.split(',')) takeProvider(ref.split('/')[0]?.trim());
      for (const [, name, fallback] of value.matchAll(TEMPLATE)) {
        if (!fallback) take(tools, name);
        if (key === 'base_url') take(addresses, name);
      }
      if (within === 'env')
        for (const [, braced, plain] of value.matchAll(SHELL)) take(tools, braced ?? plain);
    } else if (Array.isArray(value)) {
      for (const item of value) walk(item, key, within);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        if (!(SAID_TO_THE_MODEL.has(name) && typeof item === 'string')) walk(item, name, key);
      }
    }
  };
  walk(soul, '', '');
  return {
    tokenKeys: [...tokenKeys],
    tools: [...tools],
    addresses: [...addresses],
    providers: [...providers],
  };
}

/** @returns what egress has to know to ask the models of the file: keys, and what stands in their addresses; each once */
export function relayVariables(text: string): string[] {
  const { tokenKeys, addresses } = soulVariables(text);
  return [...new Set([...tokenKeys, ...addresses])];
}

/** @returns all of them, each once */
export function namedVariables(text: string): string[] {
  const { tokenKeys, tools, providers } = soulVariables(text);
  return [...new Set([...tokenKeys, ...tools, ...providers])];
}
