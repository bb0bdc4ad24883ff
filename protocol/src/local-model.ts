/**
 * A local embedding model: what lies in `models/` of the data directory, put there by the command line and run by the memory
 * server, and how the gateway asks for its vectors (`GET` and `POST /embeddings`).
 */
import * as z from 'zod';
import { vectorSchema } from './vectors.ts';

/** Folder in the data directory; one folder a model in it. */
export const MODELS_FOLDER = 'models';
/** Beside the models: the programs that run them, as packages of Node. */
export const RUNTIME_FOLDER = 'runtime';
/** In the folder of a model, written last: without it there is none. */
export const MANIFEST_FILE = 'model.json';

export const modelManifestSchema = z.object({
  name: z.string().regex(/^[a-z\d][\w.-]{0,99}$/),
  license: z.string(),
  source: z.string().describe('where its files were taken from'),
  query: z.string().describe('what the model wants in front of a question'),
  passage: z.string().describe('what it wants in front of what is to be found'),
  mostTokens: z.int().min(8).max(65_536).describe('longer texts are cut'),
  files: z.object({
    'model.onnx': z.object({ bytes: z.int(), sha256: z.string() }),
    'tokenizer.json': z.object({ bytes: z.int(), sha256: z.string() }),
  }),
  installedAt: z.iso.datetime(),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;

export const localModelSchema = z.object({
  model: z.string().nullable().describe('name of the installed model; null where there is none'),
  problem: z.string().nullable().describe('why it cannot be used, and what to do about it'),
});
export type LocalModelView = z.infer<typeof localModelSchema>;

export const embeddingsBodySchema = z.object({
  kind: z.enum(['query', 'passage']),
  texts: z.array(z.string().max(100_000)).min(1).max(256),
});
export type EmbeddingsBody = z.infer<typeof embeddingsBodySchema>;

export const embeddingsAnswerSchema = z.object({ model: z.string(), vectors: z.array(vectorSchema) });
export type EmbeddingsAnswer = z.infer<typeof embeddingsAnswerSchema>;
