/** What a client sends to start a turn. */
import * as z from 'zod';
import { sessionKeySchema } from './session-key.ts';

/** Longest prompt text in characters. Longer material belongs in an attachment or a workspace. */
export const MAX_PROMPT_CHARS = 200_000;
/** Most attachments of one prompt. */
export const MAX_ATTACHMENTS = 10;
/** Largest attachment, decoded, in bytes. */
export const MAX_ATTACHMENT_BYTES = 5_000_000;

export const queueModeSchema = z
  .enum(['followup', 'collect', 'interrupt', 'steer'])
  .meta({ id: 'QueueMode', description: 'What a message does that comes while its session is busy' });

export type QueueMode = z.infer<typeof queueModeSchema>;

export const attachmentSchema = z
  .object({
    name: z.string().min(1).max(200),
    mime: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, 'not a media type; write for example image/png'),
    data: z.base64().describe('the content, base64'),
  })
  .meta({ id: 'Attachment' });

export type Attachment = z.infer<typeof attachmentSchema>;

/** A file as a client sends it. */
export const sentFileSchema = attachmentSchema
  .extend({
    spoken: z
      .literal(true)
      .optional()
      .describe('a voice message: what is said in it is what the sender says, and counts as the prompt'),
  })
  .refine(({ spoken, mime }) => !spoken || mime.startsWith('audio/'), {
    message: 'only a recording can be spoken; leave spoken out, or send it as audio',
    path: ['spoken'],
  })
  .meta({ id: 'SentFile' });

export type SentFile = z.infer<typeof sentFileSchema>;

export const promptRequestSchema = z
  .strictObject({
    prompt: z
      .string()
      .max(
        MAX_PROMPT_CHARS,
        `the prompt is longer than ${MAX_PROMPT_CHARS} characters; send long text as an attachment`,
      )
      .transform((text) => (text.trim() === '' ? '' : text))
      .default(''),
    session: sessionKeySchema.optional().describe('api:default unless given'),
    attachments: z.array(sentFileSchema).max(MAX_ATTACHMENTS).optional(),
    queue: queueModeSchema.optional().describe('overrides the mode of the session for this message'),
    model: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe('answers this message alone: an entry of models in soul.yaml, or provider/model'),
    noAsk: z
      .boolean()
      .optional()
      .describe('refuse at once what the owner would be asked about, instead of waiting for his answer'),
  })
  .refine(({ prompt, attachments = [] }) => prompt !== '' || attachments.length > 0, {
    message: 'the prompt is empty',
    path: ['prompt'],
  })
  .meta({ id: 'PromptRequest' });

export type PromptRequest = z.infer<typeof promptRequestSchema>;
