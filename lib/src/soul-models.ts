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

/** Of the entries those that are of this form; a newer engine knows others, and tells what is wrong with the rest. */
const entries = <T extends z.ZodType>(entry: T) =>
  z.record(text, z.unknown()).transform((all) => {
    const read = Object.entries(all).map(([name, value]) => [name, entry.safeParse(value).data]);
    return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Record<string, z.infer<T>>;
  });

const schema = z.object({
  models: entries(
    z.object({ provider: text, model: text, base_url: text.optional(), token_key: text.optional() }),
  ).optional(),
  providers: entries(
    z.object({ base_url: text.optional(), token_key: text.optional(), api_type: text.optional() }),
  ).optional(),
  agents: entries(
    z.object({ model: text, fallback: z.object({ models: z.array(text).optional() }).optional() }),
  ),
});

/** @returns null where it does not parse or is no soul.yaml */
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
