/** A command such as `/usage`, run for the owner in one of his conversations. */
import * as z from 'zod';

export const commandRequestSchema = z
  .strictObject({ text: z.string().min(1).max(10_000).describe('such as "/usage" or "/queue collect"') })
  .meta({ id: 'CommandRequest' });

export const commandViewSchema = z
  .object({
    name: z.string().describe('without the slash'),
    usage: z.string().optional().describe('what may follow the name'),
    description: z.string().describe('in Markdown'),
  })
  .meta({ id: 'Command' });

export type CommandView = z.infer<typeof commandViewSchema>;

export const commandAnswerSchema = z
  .object({
    command: z
      .string()
      .nullable()
      .describe('its name; null where the text is no command, so that it is for the model'),
    text: z.string().describe('what it answers, in Markdown'),
  })
  .meta({ id: 'CommandAnswer' });

export type CommandAnswer = z.infer<typeof commandAnswerSchema>;
