/**
 * The tools that an MCP server lists, in a form that every provider takes. A provider refuses the whole request for one
 * name with a dot or one schema without properties, so what can be mended is, and the rest is named and left out.
 */
import { createHash } from 'node:crypto';
import type { ToolDefinition } from '@mobyclaw/protocol/cagent';
import * as z from 'zod';

const MAX_NAME_CHARS = 64; // OpenAI's; others take as many or more
const HASH_CHARS = 6;

const toolSchema = z.looseObject({
  name: z.string().min(1),
  title: z.string().nullish().catch(null),
  description: z.string().nullish().catch(null),
  inputSchema: z.record(z.string(), z.unknown()).nullish().catch(null),
  annotations: z.record(z.string(), z.unknown()).nullish().catch(null),
});

export interface ListedTool {
  /** As the server knows it. */
  sourceName: string;
  definition: ToolDefinition;
}

/** @returns null where it is no tool that could be called */
export function readDefinition(value: unknown): ListedTool | null {
  const parsed = toolSchema.safeParse(value);
  if (!parsed.success) return null;
  const { name, title, description, inputSchema, annotations } = parsed.data;
  const about = description || title;
  return {
    sourceName: name,
    definition: {
      name: nameForProvider(name),
      category: '',
      ...(about ? { description: about } : {}),
      parameters: objectSchema(inputSchema ?? {}),
      annotations: (annotations ?? {}) as NonNullable<ToolDefinition['annotations']>,
      outputSchema: null,
    },
  };
}

/** The arguments of a call are an object, so its schema says so, and which properties it has, were it none. */
function objectSchema(schema: Record<string, unknown>): Record<string, unknown> {
  const { properties, required } = schema;
  const known = typeof properties === 'object' && properties !== null && !Array.isArray(properties);
  const mended: Record<string, unknown> = { ...schema, type: 'object', properties: known ? properties : {} };
  if (!Array.isArray(required)) delete mended.required;
  return mended;
}

/** Letters, digits, `_` and `-`, at most 64, not beginning with a digit. One that must be shortened stays unique. */
export function nameForProvider(name: string): string {
  const letters = name.replace(/[^a-zA-Z0-9_-]/g, '_');
  const clean = /^[a-zA-Z_]/.test(letters) ? letters : `_${letters}`;
  return clean.length <= MAX_NAME_CHARS ? clean : withHash(clean, name);
}

/** Another name for a tool whose own is taken. */
export function otherName(name: string, sourceName: string): string {
  return withHash(name, sourceName);
}

function withHash(name: string, of: string): string {
  const hash = createHash('sha256').update(of).digest('hex').slice(0, HASH_CHARS);
  return `${name.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${hash}`;
}
