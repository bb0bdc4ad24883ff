/**
 * The rules of the Bot API for message entities (https://core.telegram.org/bots/api#formatting-options), as a check.
 * Test code: it must not share anything with what it checks.
 */
import * as z from 'zod';

const entitiesSchema = z
  .array(
    z.strictObject({
      type: z.enum(['bold', 'italic', 'strikethrough', 'code', 'pre', 'text_link', 'blockquote']),
      offset: z.int().min(0),
      length: z.int().min(1),
      url: z.url({ protocol: /^https?$/u }).optional(),
      language: z
        .string()
        .regex(/^[\w+#.-]+$/u)
        .optional(),
    }),
  )
  .max(100);

type Entity = z.infer<typeof entitiesSchema>[number];

const MAY_CONTAIN = new Set(['bold', 'italic', 'strikethrough', 'blockquote', 'text_link']);
const ONCE = new Set(['blockquote', 'text_link', 'code', 'pre']);

/** @returns what the Bot API would refuse or drop; empty where it takes all */
export function entityProblems(text: string, value: unknown): string[] {
  const parsed = entitiesSchema.safeParse(value);
  if (!parsed.success) return [parsed.error.message];
  const problems: string[] = [];
  const entities = parsed.data;
  for (const [index, entity] of entities.entries()) {
    const end = entity.offset + entity.length;
    const shown = `${entity.type} ${entity.offset}+${entity.length}`;
    if (end > text.length) problems.push(`${shown} is out of bounds`);
    if (isInPair(text, entity.offset) || isInPair(text, end)) problems.push(`${shown} cuts a surrogate pair`);
    if (text.slice(entity.offset, end).trim() === '') problems.push(`${shown} shows nothing`);
    if ((entity.type === 'text_link') !== (entity.url !== undefined)) problems.push(`${shown} and its url`);
    const host = entity.url === undefined ? null : new URL(entity.url).hostname;
    if (host !== null && !/[.[]/u.test(host)) problems.push(`${shown} is dropped, its host has no dot`);
    const before = entities[index - 1];
    if (before !== undefined && before.offset > entity.offset) problems.push(`${shown} is not sorted`);
    for (const other of entities.slice(index + 1)) problems.push(...pairProblems(entity, other));
  }
  return problems;
}

function isInPair(text: string, offset: number): boolean {
  return /[\uDC00-\uDFFF]/u.test(text.charAt(offset)) && /[\uD800-\uDBFF]/u.test(text.charAt(offset - 1));
}

function pairProblems(outer: Entity, inner: Entity): string[] {
  const outerEnd = outer.offset + outer.length;
  const innerEnd = inner.offset + inner.length;
  if (inner.offset >= outerEnd) return [];
  if (innerEnd > outerEnd) return [`${outer.type} and ${inner.type} cross at ${inner.offset}`];
  if (!MAY_CONTAIN.has(outer.type)) return [`${inner.type} inside ${outer.type} at ${inner.offset}`];
  if (outer.type === inner.type && ONCE.has(outer.type)) return [`nested ${outer.type} at ${inner.offset}`];
  const code = inner.type === 'code' || inner.type === 'pre';
  if (code && outer.type !== 'blockquote') return [`${inner.type} inside ${outer.type} at ${inner.offset}`];
  return [];
}
