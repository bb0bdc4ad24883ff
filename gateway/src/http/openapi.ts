/** `/openapi.json`, generated from the schemas that validate the requests. */
import {
  allowRequestSchema,
  approvedSchema,
  approveRequestSchema,
  channelStatusSchema,
  channelsViewSchema,
  deliveredSchema,
  deliverRequestSchema,
  loginRequestSchema,
  pairingsViewSchema,
} from '@mobyclaw/protocol/channel';
import { commandAnswerSchema, commandRequestSchema, commandViewSchema } from '@mobyclaw/protocol/command';
import { egressEditSchema } from '@mobyclaw/protocol/egress-rules';
import { egressLogSchema, egressTestSchema, egressViewSchema } from '@mobyclaw/protocol/egress-view';
import { turnEventSchemas } from '@mobyclaw/protocol/events';
import { forgetFindingSchema, forgettingSchema, forgetWishSchema } from '@mobyclaw/protocol/forget';
import { beatViewSchema, heartbeatViewSchema } from '@mobyclaw/protocol/heartbeat';
import {
  hookDetailSchema,
  hookReceptionSchema,
  hookRequestSchema,
  hookViewSchema,
} from '@mobyclaw/protocol/hook';
import {
  jobChangeSchema,
  jobPreviewSchema,
  jobRequestSchema,
  jobViewSchema,
  runViewSchema,
} from '@mobyclaw/protocol/job';
import { liveBlockSchema } from '@mobyclaw/protocol/live';
import {
  fileVersionsSchema,
  memoryFilesSchema,
  memoryHitsSchema,
  ownerFileSaveSchema,
  ownerFileSchema,
} from '@mobyclaw/protocol/memory-file';
import { reviewSchema, undoneReviewSchema } from '@mobyclaw/protocol/memory-review';
import { whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import { pageCodeSchema, pageLoginRequestSchema, pageLoginViewSchema } from '@mobyclaw/protocol/page-login';
import { logsViewSchema, partsViewSchema } from '@mobyclaw/protocol/part';
import { pauseRequestSchema, pauseViewSchema } from '@mobyclaw/protocol/pause';
import { problemSchema } from '@mobyclaw/protocol/problem';
import { promptRequestSchema } from '@mobyclaw/protocol/prompt';
import { pushListSchema, pushRequestSchema, pushViewSchema } from '@mobyclaw/protocol/push';
import { answerRequestSchema, questionSchema } from '@mobyclaw/protocol/question';
import {
  messageViewSchema,
  modelListSchema,
  searchHitSchema,
  sessionChangeSchema,
  sessionViewSchema,
} from '@mobyclaw/protocol/session';
import { skillSwitchSchema, skillsSchema } from '@mobyclaw/protocol/skill';
import {
  soulCheckRequestSchema,
  soulCheckSchema,
  soulDefaultSchema,
  soulFileSchema,
  soulSaveRequestSchema,
} from '@mobyclaw/protocol/soul';
import { statusSchema } from '@mobyclaw/protocol/status';
import { storageSchema } from '@mobyclaw/protocol/storage';
import { tokenRequestSchema, tokenViewSchema } from '@mobyclaw/protocol/token';
import {
  acceptedTurnSchema,
  promptAnswerSchema,
  turnChangeSchema,
  turnViewSchema,
} from '@mobyclaw/protocol/turn';
import { dailyUsageSchema, usageReportSchema } from '@mobyclaw/protocol/usage';
import * as z from 'zod';
import { chatRequestSchema } from './openai/chat-request.ts';
import { responseRequestSchema } from './openai/response-request.ts';

interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  body?: z.ZodType;
  answer?: z.ZodType;
  status?: number;
  stream?: boolean;
  open?: boolean;
}

const items = (item: z.ZodType): z.ZodType => z.object({ items: z.array(item) });
const event = z.union(
  Object.entries(turnEventSchemas).map(([type, data]) =>
    z.object({ id: z.int(), event: z.literal(type), data }),
  ),
);

const OPERATIONS: readonly Operation[] = [
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
      byWordsAlone: z.literal(true).optional().describe('the embeddings server did not answer in time'),
    }),
  },
  {
    method: 'post',
    path: '/api/login/codes',
    summary: 'Make a code that lets a browser in: once, within two minutes, as #login=<code> of the page',
    answer: pageCodeSchema,
    status: 201,
  },
  {
    method: 'post',
    path: '/api/login',
    summary: 'Turn such a code into the cookie of the page',
    body: pageLoginRequestSchema,
    answer: pageLoginViewSchema,
    status: 201,
    open: true,
  },
  {
    method: 'get',
    path: '/api/login',
    summary: 'The login of the browser that asks; counts its 30 days anew',
    answer: pageLoginViewSchema,
  },
  { method: 'delete', path: '/api/login', summary: 'Log this browser out', status: 204 },
  {
    method: 'get',
    path: '/api/tokens',
    summary: 'Tokens, and the browsers that were let in, without their secrets',
    answer: items(tokenViewSchema),
  },
  {
    method: 'post',
    path: '/api/tokens',
    summary: 'Make a token; its secret is shown once',
    body: tokenRequestSchema,
    answer: tokenViewSchema,
    status: 201,
  },
  { method: 'delete', path: '/api/tokens/{id}', summary: 'Revoke a token', status: 204 },
  {
    method: 'get',
    path: '/api/push',
    summary: 'Browsers that are notified while no tab is in front',
    answer: pushListSchema,
  },
  {
    method: 'post',
    path: '/api/push',
    summary: 'Notify this browser; only with its cookie, and at known push services',
    body: pushRequestSchema,
    answer: pushViewSchema,
    status: 201,
  },
  { method: 'delete', path: '/api/push/{id}', summary: 'Notify a browser no more', status: 204 },
  {
    method: 'get',
    path: '/api/channels',
    summary: 'Messaging channels, and what was not delivered',
    answer: channelsViewSchema,
  },
  {
    method: 'get',
    path: '/api/channels/{platform}/login',
    summary: 'How a channel is, with what to scan or type where it wants a login',
    answer: channelStatusSchema,
  },
  {
    method: 'post',
    path: '/api/channels/{platform}/login',
    summary: 'Let the owner log in to a channel: whatsapp',
    body: loginRequestSchema,
    status: 202,
    answer: channelStatusSchema,
  },
  {
    method: 'post',
    path: '/api/channels/{key}/allow',
    summary: 'Open a group to Moby',
    body: allowRequestSchema,
    answer: z.object({ channel: z.string(), mention: z.boolean() }),
  },
  { method: 'post', path: '/api/channels/{key}/close', summary: 'Close a group to Moby', status: 204 },
  {
    method: 'post',
    path: '/api/channels/{key}/resend',
    summary: 'Send again what did not arrive in a channel, or perhaps not',
    answer: z.object({ deliveries: z.int() }),
  },
  {
    method: 'get',
    path: '/api/pairings',
    summary: 'Who may talk to Moby, and who waits to be let in',
    answer: pairingsViewSchema,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/approve',
    summary: 'Let a stranger in',
    body: approveRequestSchema,
    answer: approvedSchema,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/reject',
    summary: 'Turn a stranger away who waits: not answered for a week',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/revoke',
    summary:
      'Shut somebody out by platform:user, and stop what they had asked; a waiting code is turned away',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/deliver',
    summary: 'Push a message to a channel',
    body: deliverRequestSchema,
    answer: deliveredSchema,
    status: 202,
  },
  {
    method: 'get',
    path: '/api/jobs',
    summary: 'Schedules; those that have finished, which are kept for 30 days, with ?all=true',
    answer: items(jobViewSchema),
  },
  {
    method: 'post',
    path: '/api/jobs',
    summary: 'Schedule something; answers with the next three times',
    body: jobRequestSchema,
    answer: jobViewSchema,
    status: 201,
  },
  {
    method: 'get',
    path: '/api/jobs/preview',
    summary:
      'The next five times of a schedule that is not made yet; one of ?at= ?every= (?start=) ?cron=, ?timeZone= ?until= ?count=',
    answer: jobPreviewSchema,
  },
  { method: 'get', path: '/api/jobs/{id}', summary: 'A schedule', answer: jobViewSchema },
  {
    method: 'patch',
    path: '/api/jobs/{id}',
    summary: 'Change a schedule; what is left out stays, null removes',
    body: jobChangeSchema,
    answer: jobViewSchema,
  },
  { method: 'delete', path: '/api/jobs/{id}', summary: 'Remove a schedule with its record', status: 204 },
  {
    method: 'post',
    path: '/api/jobs/{id}/run',
    summary: 'Run it now, besides its schedule',
    answer: runViewSchema,
    status: 202,
  },
  {
    method: 'get',
    path: '/api/jobs/{id}/runs',
    summary: 'Its runs, newest first; ?limit=',
    answer: items(runViewSchema),
  },
  { method: 'get', path: '/api/hooks', summary: 'Webhooks', answer: items(hookViewSchema) },
  {
    method: 'post',
    path: '/api/hooks',
    summary: 'Make a webhook; its secret is shown once',
    body: hookRequestSchema,
    answer: hookViewSchema,
    status: 201,
  },
  {
    method: 'get',
    path: '/api/hooks/{name}',
    summary: 'A webhook with its last deliveries',
    answer: hookDetailSchema,
  },
  { method: 'delete', path: '/api/hooks/{name}', summary: 'Close a webhook', status: 204 },
  {
    method: 'post',
    path: '/api/hooks/{name}/test',
    summary: 'Run a webhook with a payload of your own',
    body: z.object({ payload: z.unknown() }),
    answer: z.object({ turn: z.string() }),
    status: 202,
  },
  {
    method: 'post',
    path: '/hooks/{name}',
    summary: 'A delivery of another program, which proves itself as the webhook asks',
    answer: hookReceptionSchema,
    status: 202,
    open: true,
  },
  {
    method: 'get',
    path: '/api/heartbeat',
    summary: 'The heartbeat and its last beats; ?limit=',
    answer: heartbeatViewSchema,
  },
  {
    method: 'post',
    path: '/api/heartbeat/run',
    summary: 'One heartbeat now',
    answer: beatViewSchema,
    status: 202,
  },
  {
    method: 'get',
    path: '/api/egress',
    summary: 'What Moby may reach outside, what is asked about it, and what was refused last',
    answer: egressViewSchema,
  },
  {
    method: 'put',
    path: '/api/egress',
    summary: 'Change one thing of egress.yaml; its comments stay',
    body: egressEditSchema,
    answer: egressViewSchema,
  },
  {
    method: 'get',
    path: '/api/egress/log',
    summary:
      'What the door let through and what not, the newest first; ?limit=, ?before=, ?refused=true, ?host=',
    answer: egressLogSchema,
  },
  {
    method: 'get',
    path: '/api/egress/test',
    summary: 'What would become of a request; ?url=',
    answer: egressTestSchema,
  },
  {
    method: 'get',
    path: '/api/skills',
    summary: "The owner's skills, and how each stands",
    answer: skillsSchema,
  },
  {
    method: 'put',
    path: '/api/skills/{name}',
    summary: 'Switch a skill on or off; one that its owner has not seen is refused',
    body: skillSwitchSchema,
    answer: skillsSchema,
  },
  {
    method: 'get',
    path: '/api/memory/files',
    summary: 'Files of the memory: MEMORY.md, HEARTBEAT.md, logs of days, notes',
    answer: memoryFilesSchema,
  },
  {
    method: 'get',
    path: '/api/memory/file',
    summary: 'The file ?name= as it stands',
    answer: ownerFileSchema,
  },
  {
    method: 'post',
    path: '/api/memory/file',
    summary: 'Save a file of the memory; 409 where it is another one than the version that was edited',
    body: ownerFileSaveSchema,
    answer: ownerFileSchema,
  },
  {
    method: 'get',
    path: '/api/memory/versions',
    summary: 'Versions of the file ?name= that are kept, the newest first; soul.yaml has some too',
    answer: fileVersionsSchema,
  },
  {
    method: 'get',
    path: '/api/memory/version',
    summary: 'The version of the file ?name= of the time ?at=, as listed',
    answer: ownerFileSchema,
  },
  {
    method: 'get',
    path: '/api/memory/search',
    summary: 'Search over the memory, best first; ?q= ?from= ?to= (YYYY-MM-DD) ?limit=',
    answer: memoryHitsSchema,
  },
  {
    method: 'get',
    path: '/api/soul',
    summary: 'soul.yaml as it stands, and whether it is in force',
    answer: soulFileSchema,
  },
  {
    method: 'post',
    path: '/api/soul',
    summary:
      'Save soul.yaml, which counts from the next message on; 409 where it is another one than the version that was edited, 422 where it has a mistake',
    body: soulSaveRequestSchema,
    answer: soulFileSchema,
  },
  {
    method: 'get',
    path: '/api/soul/default',
    summary: 'The soul.yaml that this version brings',
    answer: soulDefaultSchema,
  },
  {
    method: 'post',
    path: '/api/soul/check',
    summary: 'What is wrong with a text for soul.yaml, without saving it',
    body: soulCheckRequestSchema,
    answer: soulCheckSchema,
  },
  {
    method: 'get',
    path: '/api/memory/why',
    summary: 'Where the lines of the memory about ?q= come from: conversation, time, person',
    answer: whyAnswerSchema,
  },
  {
    method: 'post',
    path: '/api/forget/look',
    summary: 'What would be forgotten; nothing is removed',
    body: forgetWishSchema,
    answer: forgetFindingSchema,
  },
  {
    method: 'post',
    path: '/api/forget',
    summary: 'Forget a phrase, a conversation, a person or a time for good',
    body: forgetWishSchema,
    answer: forgettingSchema,
    status: 202,
  },
  { method: 'get', path: '/api/forget/{id}', summary: 'How forgetting goes', answer: forgettingSchema },
  {
    method: 'get',
    path: '/api/memory/changes',
    summary: 'What the nightly looks at the memory did, the newest first',
    answer: items(reviewSchema),
  },
  {
    method: 'post',
    path: '/api/memory/undo',
    summary: 'Take back what the last nightly look changed',
    answer: undoneReviewSchema,
  },
  { method: 'get', path: '/api/status', summary: 'How Moby is', answer: statusSchema },
  { method: 'get', path: '/api/usage', summary: 'Tokens and cost; ?days=', answer: usageReportSchema },
  {
    method: 'get',
    path: '/api/storage',
    summary: 'What the database holds, and how it grows',
    answer: storageSchema,
  },
  {
    method: 'get',
    path: '/api/usage/days',
    summary: 'The same day by day, with what the month will come to; ?days=',
    answer: dailyUsageSchema,
  },
  {
    method: 'get',
    path: '/api/parts',
    summary: 'The parts, their versions and states, as far as the gateway sees them',
    answer: partsViewSchema,
  },
  {
    method: 'get',
    path: '/api/logs',
    summary: 'What ?part= (gateway) logs; the last lines, or those ?after= the `next` of the answer before',
    answer: logsViewSchema,
  },
  { method: 'post', path: '/api/usage/lift', summary: 'Let Moby go on for the day, beyond his budget' },
  {
    method: 'post',
    path: '/api/pause',
    summary: 'Let no turn begin for some seconds; ask again to go on',
    body: pauseRequestSchema,
    answer: pauseViewSchema,
  },
  { method: 'delete', path: '/api/pause', summary: 'Let turns begin again', status: 204 },
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

let document: object | null = null;

export function openApiDocument(version: string): object {
  document ??= build(version);
  return document;
}

function build(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Mobyclaw gateway', version },
    security: [{ bearer: [] }, { page: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        page: { type: 'apiKey', in: 'cookie', name: 'moby<port>, or __Host-moby behind https' },
      },
    },
    paths,
  };
}

function describe(operation: Operation): object {
  const type = operation.stream ? 'text/event-stream' : 'application/json';
  const content = operation.answer ? { content: { [type]: { schema: toSchema(operation.answer) } } } : {};
  const parameters = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    summary: operation.summary,
    ...(operation.open ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(operation.body) } },
          },
        }
      : {}),
    responses: {
      [operation.status ?? 200]: { description: 'OK', ...content },
      default: {
        description: 'What went wrong and what to do',
        content: { 'application/problem+json': { schema: toSchema(problemSchema) } },
      },
    },
  };
}

function toSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
