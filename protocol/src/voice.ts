/** Whether answers are spoken too: always, never, or where the question was. */
import * as z from 'zod';

export const voiceModeSchema = z.enum(['on', 'off', 'auto']).meta({ id: 'VoiceMode' });

export type VoiceMode = z.infer<typeof voiceModeSchema>;
