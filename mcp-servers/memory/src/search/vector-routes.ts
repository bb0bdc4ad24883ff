/** `/vectors…` for the gateway, as protocol/vectors describes it. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { questionBodySchema, type VectorsAnswer, vectorsBodySchema } from '@mobyclaw/protocol/vectors';
import type { QuestionDesk } from './question-desk.ts';
import type { SearchIndex } from './search-index.ts';

export function vectorRoutes(index: SearchIndex, desk: QuestionDesk): Route[] {
  return [
    {
      method: 'POST',
      path: '/vectors',
      answer({ body }): VectorsAnswer {
        const { model, made, most } = checked(vectorsBodySchema, body);
        return index.vectors(model, made, most);
      },
    },
    {
      method: 'POST',
      path: '/vectors/question',
      answer: ({ body, gone }) => desk.next(checked(questionBodySchema, body), gone),
    },
  ];
}
