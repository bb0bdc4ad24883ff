/** `/embeddings` for the gateway, as protocol/local-model describes it: the local model makes vectors for the history too. */
import { checked } from '@mobyclaw/lib/checked';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Route } from '@mobyclaw/mcp/route';
import {
  type EmbeddingsAnswer,
  embeddingsBodySchema,
  type LocalModelView,
} from '@mobyclaw/protocol/local-model';
import { quantized } from '@mobyclaw/recall/vector';
import { EmbedderError } from './embedder-process.ts';
import type { LocalEmbedder } from './local-embedder.ts';

export function embedderRoutes(embedder: LocalEmbedder): Route[] {
  return [
    { method: 'GET', path: '/embeddings', answer: (): LocalModelView => embedder.view() },
    {
      method: 'POST',
      path: '/embeddings',
      async answer({ body, gone }): Promise<EmbeddingsAnswer> {
        const { kind, texts } = checked(embeddingsBodySchema, body);
        try {
          const { model, vectors } = await embedder.embed(kind, texts, gone);
          // Passages as they are kept anyway; a question is compared as it is.
          return { model, vectors: vectors.map((one) => [...(kind === 'passage' ? quantized(one) : one)]) };
        } catch (error) {
          if (!(error instanceof EmbedderError)) throw error;
          throw new HttpProblem('memory-error', `The local model does not work: ${error.message}.`);
        }
      },
    },
  ];
}
