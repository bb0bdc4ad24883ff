/** `/openapi.json`, generated from the schemas that validate the requests. */
import { problemSchema } from '@mobyclaw/protocol/problem';
import * as z from 'zod';
import { ACCESS } from './access.ts';
import { CHANNELS } from './channels.ts';
import { CONVERSATIONS } from './conversations.ts';
import type { Operation } from './operation.ts';
import { OWNER_FILES } from './owner-files.ts';
import { PROGRAMS } from './programs.ts';
import { UNASKED } from './unasked.ts';
import { UPKEEP } from './upkeep.ts';

const OPERATIONS: readonly Operation[] = [
  ...CONVERSATIONS,
  ...ACCESS,
  ...CHANNELS,
  ...UNASKED,
  ...OWNER_FILES,
  ...UPKEEP,
  ...PROGRAMS,
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
