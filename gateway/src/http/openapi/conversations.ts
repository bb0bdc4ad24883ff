/** Prompts, turns, questions and the conversations that they belong to. */
import { commandAnswerSchema, commandRequestSchema, commandViewSchema } from '@mobyclaw/protocol/command';
import { turnEventSchemas } from '@mobyclaw/protocol/events';
import { liveBlockSchema } from '@mobyclaw/protocol/live';
import { promptRequestSchema } from '@mobyclaw/protocol/prompt';
import { answerRequestSchema, questionSchema } from '@mobyclaw/protocol/question';
import {
  messageViewSchema,
  modelListSchema,
  searchHitSchema,
  sessionChangeSchema,
  sessionViewSchema,
} from '@mobyclaw/protocol/session';
import {
  acceptedTurnSchema,
  promptAnswerSchema,
  turnChangeSchema,
  turnViewSchema,
} from '@mobyclaw/protocol/turn';
import { voiceViewSchema } from '@mobyclaw/protocol/voice';
import * as z from 'zod';
import { items, type Operation } from './operation.ts';

const event = z.union(
  Object.entries(turnEventSchemas).map(([type, data]) =>
    z.object({ id: z.int(), event: z.literal(type), data }),
  ),
);

export const CONVERSATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/prompt',
    summary: 'Ask and wait for the answer',
    body: promptRequestSchema,
    answer: promptAnswerSchema,
  },
  {
    method: 'post',
    path: '/prompt/stream',
    summary: 'Ask and follow the answer; Idempotency-Key makes a repeat the same turn',
    body: promptRequestSchema,
    answer: event,
    stream: true,
  },
  {
    method: 'post',
    path: '/api/turns',
    summary: 'Ask without waiting for the answer; Idempotency-Key makes a repeat the same turn',
    body: promptRequestSchema,
    answer: acceptedTurnSchema,
    status: 202,
  },
  { method: 'get', path: '/api/turns/{id}', summary: 'A turn', answer: turnViewSchema },
  {
    method: 'patch',
    path: '/api/turns/{id}',
    summary: 'Change the words of a turn that has not begun',
    body: turnChangeSchema,
    answer: turnViewSchema,
  },
  {
    method: 'post',
    path: '/api/turns/{id}/again',
    summary: 'Ask the same once more, with its files, as a new turn',
    answer: acceptedTurnSchema,
    status: 202,
  },
  { method: 'get', path: '/api/turns/{id}/files/{index}', summary: 'A file that was sent with it, from 0' },
  {
    method: 'get',
    path: '/api/stream',
    summary:
      'All that happens, in every conversation, after Last-Event-ID or ?since=; a block is a list, or more text',
    answer: liveBlockSchema,
    stream: true,
  },
  {
    method: 'get',
    path: '/api/turns/{id}/events',
    summary: 'Events of a turn after Last-Event-ID or ?since=',
    answer: event,
    stream: true,
  },
  { method: 'post', path: '/api/turns/{id}/cancel', summary: 'Stop a turn', answer: turnViewSchema },
  {
    method: 'get',
    path: '/api/questions',
    summary: 'Questions to the owner that wait, the newest first; ?state=all ?session= ?limit= (100)',
    answer: items(questionSchema),
  },
  {
    method: 'get',
    path: '/api/questions/events',
    summary:
      'Questions as they are asked and settled, whole, as events `question` numbered by change; after Last-Event-ID or ?since=, else from those that wait',
    answer: z.object({ id: z.int(), event: z.literal('question'), data: questionSchema }),
    stream: true,
  },
  { method: 'get', path: '/api/questions/{id}', summary: 'A question', answer: questionSchema },
  {
    method: 'post',
    path: '/api/questions/{id}/answer',
    summary:
      'Answer a question; whoever is first has answered, anybody later gets 409, which says what was decided',
    body: answerRequestSchema,
    answer: questionSchema,
  },
  {
    method: 'get',
    path: '/api/sessions',
    summary: 'Conversations, the last used first; ?limit= (200) and ?offset=',
    answer: items(sessionViewSchema),
  },
  { method: 'get', path: '/api/sessions/{key}', summary: 'A conversation', answer: sessionViewSchema },
  {
    method: 'patch',
    path: '/api/sessions/{key}',
    summary: 'Change its title, its queue mode or its model',
    body: sessionChangeSchema,
    answer: sessionViewSchema,
  },
  {
    method: 'get',
    path: '/api/models',
    summary: 'The models in soul.yaml, of which a conversation or a message can have another',
    answer: modelListSchema,
  },
  {
    method: 'get',
    path: '/api/sessions/{key}/messages',
    summary:
      'Its messages, oldest first: the newest of those ?before= and ?after= an id, or the oldest ?from= one; ?limit=',
    answer: items(messageViewSchema),
  },
  {
    method: 'post',
    path: '/api/sessions/{key}/reset',
    summary: 'Begin a new conversation; carry: false forgets the recent exchanges',
    body: z.object({ carry: z.boolean().optional() }),
    answer: sessionViewSchema,
  },
  {
    method: 'post',
    path: '/api/sessions/{key}/stop',
    summary: 'Stop what runs and cancel what waits',
    answer: z.object({ stopped: z.string().nullable(), cancelled: z.int() }),
  },
  { method: 'get', path: '/api/commands', summary: 'Commands there are', answer: items(commandViewSchema) },
  { method: 'get', path: '/api/voice', summary: 'Whether one can speak to Moby', answer: voiceViewSchema },
  {
    method: 'post',
    path: '/api/sessions/{key}/command',
    summary: 'Run a command such as /usage, as in a chat',
    body: commandRequestSchema,
    answer: commandAnswerSchema,
  },
  {
    method: 'get',
    path: '/api/history/search',
    summary:
      'Search over all conversations, best first; ?q= (several: other words for the same) ?session= ?from= ?to= (YYYY-MM-DD) ?limit=',
    answer: z.object({
      items: z.array(searchHitSchema),
      missing: z.int().optional().describe('messages that are not in the index yet'),
      byWordsAlone: z.literal(true).optional().describe('what they mean was not known in time'),
    }),
  },
];
