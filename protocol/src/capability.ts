/**
 * What a run of a turn may ask of our MCP servers, and in whose name. The gateway signs one for each run and sends it in
 * the header `X-Moby-Turn`, which the agent hands on with every tool call; gateway and memory know the key, the agent does
 * not. As text it is `<payload>.<signature>`, both base64url, so that it needs no escaping in a header.
 */
import * as z from 'zod';

/** On whose behalf a turn runs. What is not the owner's reaches no further than its own conversation. */
export const askerSchema = z.enum(['owner', 'guest', 'webhook']);

export type Asker = z.infer<typeof askerSchema>;

/**
 * Turns that Moby runs for himself may use less than others: `memory` the memory tools alone, `nothing` no tool at all. MCP servers
 * of ours refuse all else.
 */
export const upkeepSchema = z.enum(['memory', 'nothing']);

export type Upkeep = z.infer<typeof upkeepSchema>;

export const capabilitySchema = z.object({
  turn: z.string(),
  /** Which attempt at the turn, from 1. */
  run: z.int(),
  session: z.string(),
  /** What the chat was called at first, where it was renamed since. */
  firstName: z.string().optional(),
  sender: z.string(),
  asker: askerSchema,
  upkeep: upkeepSchema.optional(),
  /** Milliseconds since the epoch. */
  until: z.number(),
});

export type Capability = z.infer<typeof capabilitySchema>;
