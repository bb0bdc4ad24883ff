/** `POST /forget/look` and `POST /forget`, for the gateway, which asks for the owner alone. */
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import { forgetMarkSchema } from '@mobyclaw/protocol/forget';
import { type ForgetMemoryOptions, forgetMemory } from './forget-memory.ts';

export function forgetRoutes(options: ForgetMemoryOptions): Route[] {
  const route = (path: string, remove: boolean): Route => ({
    method: 'POST',
    path,
    answer: ({ body }) => forgetMemory(checked(forgetMarkSchema, body), remove, options),
  });
  return [route('/forget/look', false), route('/forget', true)];
}
