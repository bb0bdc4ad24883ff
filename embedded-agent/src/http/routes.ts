/**
 * cagent's routes (v1.32.3, pkg/server/server.go), with its status codes: almost every failure is a 500, an unknown
 * session is a 404 only where it is read. Two answers differ, for the better: a second run on a busy session is refused
 * with 409 as in later versions, and a run without a message with 400, where cagent would crash.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import { targetOf } from '@mobyclaw/lib/http-guard';
import { type Agent, SessionBusyError, UnsupportedModelError } from '../agent.ts';
import { eventWriter } from '../run/run-events.ts';
import { soulProblems } from '../soul/load.ts';
import type { SessionStore } from '../store/session-store.ts';
import {
  createSessionSchema,
  elicitationSchema,
  type RunMessages,
  resumeAnswerSchema,
  resumeSchema,
  runSchema,
  setPermissionsSchema,
  soulTextSchema,
  steerSchema,
  titleSchema,
} from './bodies.ts';
import { HttpError } from './http-error.ts';
import { readJson } from './request-body.ts';

export interface RouteContext {
  agent: Agent;
  store: SessionStore;
  clock: Clock;
}

type Handler = (
  context: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
  params: readonly string[],
) => unknown;

interface Route {
  method: string;
  path: RegExp;
  /** Gives the body of a 200, or answers by itself and gives undefined. */
  handle: Handler;
}

function route(method: string, path: string, handle: Handler): Route {
  return { method, path: new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`), handle };
}

const ROUTES: readonly Route[] = [
  route('GET', '/api/ping', () => ({ status: 'ok' })),
  route('GET', '/api/agents', ({ agent }) => {
    if (agent.broken) return [];
    const { agents } = agent.soul;
    const multi = Object.keys(agents).length > 1;
    const problems = agent.toolProblems;
    // cagent has neither: what is wrong with the tools, and that a run can name its model, whichever form its body has
    const told = { model_per_run: true, ...(problems.length > 0 ? { tool_problems: problems } : {}) };
    return [{ name: agent.key, description: agents.root.description ?? '', multi, ...told }];
  }),
  route('GET', '/api/agents/:id', ({ agent }, _request, _response, [id]) => {
    if (id !== agent.key || agent.broken) throw new HttpError(404, 'Not Found');
    const { agents, ...rest } = agent.soul;
    return { ...rest, agents: Object.entries(agents).map(([name, config]) => ({ Name: name, ...config })) };
  }),
  route(
    'GET',
    '/api/agents/:id/:agent/tools/count',
    async ({ agent }, _request, _response, [id, name = '']) => {
      checkKey(agent, id);
      try {
        return { available_tools: await agent.toolsCount(name) };
      } catch (error) {
        const why = (error as Error).message;
        throw new HttpError(500, `failed to get agent tool count: ${why}`, { cause: error });
      }
    },
  ),
  // cagent has no such thing: what a soul.yaml would be refused for, before it is one.
  route('POST', '/api/soul/check', async (_context, request) => {
    const { text } = await readJson(request, soulTextSchema);
    return { problems: soulProblems(text) };
  }),
  route('GET', '/api/sessions', ({ store }) => store.list()),
  route('POST', '/api/sessions', async ({ agent }, request) => {
    const body = await readJson(request, createSessionSchema);
    try {
      const session = agent.createSession({
        toolsApproved: body.tools_approved ?? false,
        permissions: body.permissions ?? null,
        workingDir: body.working_dir,
      });
      return newSession(session, agent);
    } catch (error) {
      throw new HttpError(500, `failed to create session: ${(error as Error).message}`, { cause: error });
    }
  }),
  route('GET', '/api/sessions/:id', ({ store }, _request, _response, [id = '']) => {
    const session = store.stored(id);
    if (!session) throw new HttpError(404, 'session not found: session not found');
    return session;
  }),
  route('DELETE', '/api/sessions/:id', async ({ agent }, _request, _response, [id = '']) => {
    if (await agent.deleteSession(id)) return { message: 'session deleted' };
    throw new HttpError(500, 'failed to delete session: session not found');
  }),
  route('PATCH', '/api/sessions/:id/title', async ({ store }, request, _response, [id = '']) => {
    const { title } = await readJson(request, titleSchema);
    if (store.setTitle(id, title)) return { id, title };
    throw new HttpError(500, 'failed to update session title: session not found');
  }),
  route('PATCH', '/api/sessions/:id/permissions', async ({ store }, request, _response, [id = '']) => {
    const { permissions } = await readJson(request, setPermissionsSchema);
    if (store.setPermissions(id, permissions)) return { message: 'session permissions updated' };
    throw new HttpError(500, 'failed to update session permissions: session not found');
  }),
  route('POST', '/api/sessions/:id/resume', async ({ agent }, request, _response, [id = '']) => {
    const body = resumeAnswerSchema.safeParse(await readJson(request, resumeSchema));
    if (agent.resume(id, body.success ? body.data : null)) return { message: 'session resumed' };
    throw new HttpError(500, 'failed to resume session: session not found');
  }),
  route('POST', '/api/sessions/:id/elicitation', async ({ agent }, request, _response, [id = '']) => {
    const { action, content, elicitation_id: asked } = await readJson(request, elicitationSchema);
    const answer = { action, ...(content ? { content } : {}), ...(asked ? { id: asked } : {}) };
    const outcome = agent.elicitation(id, answer);
    if (outcome === 'given') return null;
    const reason = outcome === 'unknown-session' ? 'session not found' : 'no elicitation request in progress';
    throw new HttpError(500, `failed to handle elicitation: ${reason}`);
  }),
  // As cagent since 1.44 has it, but for a session without a run, which takes nothing here.
  route('POST', '/api/sessions/:id/steer', async ({ agent }, request, response, [id = '']) => {
    const { messages } = await readJson(request, steerSchema);
    checkMessages(messages);
    const outcome = agent.steer(id, messages);
    if (outcome === 'over') throw new HttpError(409, 'the session is not running');
    if (outcome === 'full') throw new HttpError(429, 'too many messages wait for this run');
    response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"queued"}\n');
  }),
  route('POST', '/api/sessions/:id/agent/:agent', runRoute),
  route('POST', '/api/sessions/:id/agent/:agent/:agent_name', runRoute),
];

/** @returns the body of a 200, or undefined where the answer has been given */
export async function answer(
  context: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<unknown> {
  const target = targetOf(request);
  if (!target) throw new HttpError(400, 'Bad Request: there is no path');
  const { pathname } = target;
  const known = ROUTES.filter((candidate) => candidate.path.test(pathname));
  const match = known.find((candidate) => candidate.method === request.method);
  if (!match)
    throw known.length > 0 ? new HttpError(405, 'Method Not Allowed') : new HttpError(404, 'Not Found');
  const params = match.path.exec(pathname)?.slice(1).map(decoded) ?? [];
  return await match.handle(context, request, response, params);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) throw new HttpError(400, 'Bad Request: the path cannot be decoded');
    throw error;
  }
}

async function runRoute(
  { agent, store, clock }: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
  [id = '', key, name]: readonly string[],
): Promise<void> {
  // The client is gone when the response closes before its end; `close` of the request comes in good runs too.
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const { messages, model } = await readJson(request, runSchema, false);
  if (store.get(id)) checkMessages(messages);
  try {
    checkKey(agent, key);
    const named = name === undefined ? {} : { agentName: name };
    const chosen = model === '' ? {} : { model };
    const asked = { messages, headers: request.headers, signal: gone.signal, ...named, ...chosen };
    const end = await agent.run(id, asked, (agentName) => {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        Connection: 'keep-alive',
      });
      response.flushHeaders();
      return eventWriter(response, id, agentName, clock);
    });
    if (end === 'ended') response.end();
    else response.destroy(); // an end of the body would call it a whole answer
  } catch (error) {
    if (response.headersSent) throw error;
    if (error instanceof SessionBusyError) throw new HttpError(409, error.message);
    if (error instanceof UnsupportedModelError) throw new HttpError(422, error.message);
    throw new HttpError(500, `failed to run session: ${(error as Error).message}`, { cause: error });
  }
}

function checkMessages(messages: RunMessages): void {
  if (messages.length === 0) throw new HttpError(400, 'the run has no message; send one');
  const last = messages.at(-1);
  if (last?.content.trim() === '' && !last.multi_content?.length) {
    throw new HttpError(400, 'the message is empty; send text');
  }
}

function checkKey(agent: Agent, key: string | undefined): void {
  if (key !== agent.key) throw new HttpError(500, `agent not found: ${key}`);
}

function newSession(session: ReturnType<Agent['createSession']>, agent: Agent): unknown {
  return {
    id: session.id,
    title: session.title,
    messages: null,
    created_at: session.createdAt,
    tools_approved: session.toolsApproved,
    thinking: false,
    hide_tool_results: false,
    ...(session.workingDir ? { working_dir: session.workingDir } : {}),
    SendUserMessage: true,
    max_iterations: agent.broken ? 0 : (agent.soul.agents.root.max_iterations ?? 0),
    starred: false,
    input_tokens: 0,
    output_tokens: 0,
    cost: 0,
    ...(session.permissions ? { permissions: session.permissions } : {}),
  };
}
