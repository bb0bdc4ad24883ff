/** The models that soul.yaml names, read as far as it takes to say which is meant; the engine judges all the rest. */
import * as z from 'zod';
import {
  type Environment,
  MissingKeyError,
  ModelConfigError,
  resolveAll,
  type SoulModels,
} from './model-ref.ts';
import { yamlMap } from './yaml-text.ts';

const text = z.string();
const schema = z.object({
  models: z
    .record(
      text,
      z.object({ provider: text, model: text, base_url: text.optional(), token_key: text.optional() }),
    )
    .optional(),
  providers: z
    .record(
      text,
      z.object({ base_url: text.optional(), token_key: text.optional(), api_type: text.optional() }),
    )
    .optional(),
  agents: z.record(
    text,
    z.object({ model: text, fallback: z.object({ models: z.array(text).optional() }).optional() }),
  ),
});

/** @returns null where it does not parse or names its models in another way */
export function soulModels(source: string): SoulModels | null {
  return schema.safeParse(yamlMap(source)).data ?? null;
}

/** @returns why an agent of the file cannot be asked anything, such as a key that is missing; null where nothing is wrong */
export function modelProblem(
  source: string,
  environment: Environment,
  engine: 'embedded' | 'cagent',
): string | null {
  const soul = soulModels(source);
  for (const agent of Object.keys(soul?.agents ?? {})) {
    try {
      if (soul) resolveAll(soul, environment, agent, engine);
    } catch (error) {
      if (!(error instanceof ModelConfigError)) throw error;
      // cagent knows more ways to name a model than are read here, and tells what it does not know itself.
      if (engine === 'embedded' || error instanceof MissingKeyError) return error.message;
    }
  }
  return null;
}
