/** Bodies of requests. A prompt may carry images, so the limit is wide; without one, any client could fill the memory. */

import type { IncomingMessage } from 'node:http';
import { isTooDeep } from '@mobyclaw/lib/json-depth';
import { plainFaults, plainIssue } from '@mobyclaw/lib/plain-issue';
import type * as z from 'zod';
import { HttpError } from './http-error.ts';

const MAX_BODY_BYTES = 100 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_BODY_BYTES) throw new HttpError(413, 'Request Entity Too Large');
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/**
 * @param typed whether the content type must say JSON; cagent asks for it everywhere but on the run route
 * @throws HttpError 400 where the body is not what `schema` wants; an empty body counts as `{}`
 */
export async function readJson<SCHEMA extends z.ZodType>(
  request: IncomingMessage,
  schema: SCHEMA,
  typed = true,
): Promise<z.infer<SCHEMA>> {
  const text = await readBody(request);
  const type = request.headers['content-type'] ?? '';
  if (typed && text !== '' && !/^application\/(\w+\+)?json\b/i.test(type)) {
    throw new HttpError(400, 'invalid request body: code=415, message=Unsupported Media Type');
  }
  let content: unknown;
  try {
    if (isTooDeep(Buffer.from(text))) throw new SyntaxError('nested too deeply');
    content = text === '' && typed ? {} : JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `invalid request body: ${(error as Error).message}`, { cause: error });
  }
  const result = schema.safeParse(content, { error: plainIssue });
  if (!result.success)
    throw new HttpError(400, `invalid request body: ${plainFaults(result.error).join('; ')}`);
  return result.data;
}
