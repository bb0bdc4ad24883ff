/** The parts as the gateway sees them, and what they log, by `/api/parts` and `/api/logs`. */
import * as z from 'zod';

export const partViewSchema = z
  .object({
    name: z.string().describe('gateway, agent, memory, workspace, egress'),
    state: z
      .string()
      .describe('ready, starting, restarting, broken, down … ; unknown: the gateway does not reach it'),
    version: z.string().optional(),
    restarts: z.int().optional(),
    problem: z.string().optional().describe('why it is not ready, and what to do'),
  })
  .meta({ id: 'Part' });
export type PartView = z.infer<typeof partViewSchema>;

export const partsViewSchema = z.object({
  mode: z.enum(['local', 'containers']),
  parts: z.array(partViewSchema),
});
export type PartsView = z.infer<typeof partsViewSchema>;

export const logsViewSchema = z.object({
  mode: z.enum(['local', 'containers']).describe('containers: the gateway sees its own log alone'),
  parts: z.array(z.string()).describe('whose logs can be had here'),
  lines: z.array(z.string()).describe('as they were written: JSON, or text of a program; the oldest first'),
  next: z.string().describe('for ?after=, to go on from here'),
});
export type LogsView = z.infer<typeof logsViewSchema>;
