/** `/v1`: Moby for any client that speaks OpenAI's API. His tool calls are his own and not shown. */

import { Router } from 'express';
import type { HttpServices } from '../http-services.ts';
import { chatRequestSchema, readChat } from '../openai/chat-request.ts';
import { ChatStream, toChatUsage } from '../openai/chat-stream.ts';
import { checkModel, eventWriter, MODEL, OpenAiService } from '../openai/openai-service.ts';
import { validate } from '../validate.ts';
import { responseRoutes } from './response-routes.ts';

export function openAiRoutes(services: HttpServices): Router {
  const openAi = new OpenAiService(services);
  const router = Router();
  const created = Math.floor(services.startedAt / 1000);
  const model = { id: MODEL, object: 'model', created, owned_by: 'mobyclaw' };

  router.get('/v1/models', (_request, response) => {
    response.json({ object: 'list', data: [model] });
  });

  router.get('/v1/models/:id', (request, response) => {
    checkModel(request.params.id);
    response.json(model);
  });

  router.post('/v1/chat/completions', async (request, response) => {
    const chat = validate(chatRequestSchema, request.body);
    const turn = await openAi.accept(readChat(chat), request, response);
    const head = {
      id: `chatcmpl-${turn.id}`,
      created: Math.floor(turn.createdAt / 1000),
      model: MODEL,
    };
    if (chat.stream) {
      const usage = chat.stream_options?.include_usage ?? false;
      const write = eventWriter(response);
      openAi.stream(turn, () => new ChatStream(head, usage, (data) => write(`data: ${data}\n\n`)), response);
      return;
    }
    const { text, usage, cut } = await openAi.answer(turn);
    const message = { role: 'assistant', content: text, refusal: null };
    response.json({
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: cut ? 'length' : 'stop' }],
      usage: toChatUsage(usage),
    });
  });

  router.use(responseRoutes(services, openAi));
  return router;
}
