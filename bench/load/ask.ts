/** Sends one prompt to either target and tells of its answer as it comes, at as little cost as Node allows. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Target } from './job.ts';

const keepAlive = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** @throws where the target does not answer 200 */
export function open(
  target: Target,
  path: string,
  body: unknown,
  agent = keepAlive,
): Promise<IncomingMessage> {
  const payload = JSON.stringify(body);
  const place =
    target.kind === 'agent' ? { socketPath: target.socketPath } : { host: '127.0.0.1', port: target.port };
  return new Promise((resolve, reject) => {
    const call = request({
      ...place,
      agent,
      method: 'POST',
      path,
      headers: {
        ...(target.kind === 'gateway' ? { authorization: `Bearer ${target.token}` } : {}),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload),
      },
    });
    call.once('error', (error) => {
      // The other side may close a connection that was kept in the very moment in which it is used again.
      if (call.reusedSocket) open(target, path, body, agent).then(resolve, reject);
      else reject(error);
    });
    call.once('response', (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${path} answered ${response.statusCode}`));
    });
    call.end(payload);
  });
}

/** Names a session of the target, made beforehand where the target wants that. */
export async function makeSession(target: Target, index: number): Promise<string> {
  if (target.kind !== 'agent') return `api:bench-${index}`;
  const response = await open(target, '/api/sessions', { title: 'bench', tools_approved: false });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return (JSON.parse(text) as { id: string }).id;
}

export function openAnswer(target: Target, session: string, prompt: string): Promise<IncomingMessage> {
  const messages = [{ role: 'user', content: prompt }];
  switch (target.kind) {
    case 'gateway':
      return open(target, '/prompt/stream', { prompt, session });
    case 'agent':
      return open(target, `/api/sessions/${session}/agent/soul`, messages);
    case 'model':
      return open(target, '/v1/chat/completions', { model: 'bench', stream: true, messages });
  }
}

/** Reads an answer to its end. @param onEvents gets whole events, as they stand in the stream */
export function readAnswer(response: IncomingMessage, onEvents: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const text = rest + chunk;
      const end = text.lastIndexOf('\n\n') + 2;
      rest = text.slice(end);
      if (end > 1) onEvents(text.slice(0, end));
    });
    response.once('end', resolve);
    response.once('error', reject);
  });
}

const TOKEN = { gateway: 'event: token\n', agent: '"type":"agent_choice"', model: '"content":"' };

/** Whether these events hold a token of the answer. */
export function hasToken(target: Target, events: string): boolean {
  return events.includes(TOKEN[target.kind]);
}
