/** Whether answers are spoken too: always, never, or where the question was. */
import * as z from 'zod';

export const voiceModeSchema = z.enum(['on', 'off', 'auto']).meta({ id: 'VoiceMode' });

export const voiceViewSchema = z
  .object({ listens: z.boolean().describe('whether voice messages and recordings are understood') })
  .meta({ id: 'Voice' });

export type VoiceView = z.infer<typeof voiceViewSchema>;

export type VoiceMode = z.infer<typeof voiceModeSchema>;
