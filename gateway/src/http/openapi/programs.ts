/** What speaks in the words of others: OpenAI’s APIs, the Model Context Protocol, Prometheus. */
import { chatRequestSchema } from '../openai/chat-request.ts';
import { responseRequestSchema } from '../openai/response-request.ts';
import type { Operation } from './operation.ts';

export const PROGRAMS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    summary: 'As OpenAI’s API, streaming and not; user or x-mobyclaw-session names the conversation',
    body: chatRequestSchema,
  },
  {
    method: 'post',
    path: '/v1/responses',
    summary: 'As OpenAI’s Responses API, streaming, waiting or in the background',
    body: responseRequestSchema,
  },
  { method: 'get', path: '/v1/responses/{id}', summary: 'A response as it stands; ?stream=true: its events' },
  { method: 'post', path: '/v1/responses/{id}/cancel', summary: 'Stop a response' },
  { method: 'get', path: '/v1/models', summary: 'As OpenAI’s API: the one model, moby' },
  { method: 'get', path: '/v1/models/{id}', summary: 'As OpenAI’s API: the model itself' },
  { method: 'post', path: '/mcp', summary: 'Model Context Protocol, streamable HTTP without sessions' },
  { method: 'get', path: '/openapi.json', summary: 'This description' },
  { method: 'get', path: '/metrics', summary: 'Prometheus metrics' },
  { method: 'get', path: '/healthz', summary: 'The gateway runs', open: true },
  { method: 'get', path: '/readyz', summary: 'Moby would answer now', open: true },
];
