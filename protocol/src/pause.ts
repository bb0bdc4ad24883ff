import * as z from 'zod';

export const LONGEST_PAUSE_S = 300; // whoever asks for it says again that he still needs it

export const pauseRequestSchema = z
  .object({
    seconds: z.int().min(1).max(LONGEST_PAUSE_S).describe('for so long no turn begins, unless asked again'),
  })
  .meta({ id: 'PauseRequest' });

export const pauseViewSchema = z
  .object({
    running: z.int().describe('turns that are still under way'),
    until: z.iso.datetime().describe('then turns begin again by themselves'),
  })
  .meta({ id: 'Pause' });
