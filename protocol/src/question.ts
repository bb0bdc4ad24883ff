/**
 * A question: something that only the owner may decide, such as whether a tool may run. It is a row on disk, asked once and
 * answered once, from any door. `GET /api/questions` and the turn event `question` show it, `POST
 * /api/questions/{id}/answer` answers it.
 */
import * as z from 'zod';

/** What a question is about. Another kind is one more entry here and one in `gateway/src/questions/kinds.ts`. */
export const questionKindSchema = z
  .enum(['tool', 'form', 'rounds', 'fact', 'forget', 'host', 'skill'])
  .meta({ id: 'QuestionKind' });
export type QuestionKind = z.infer<typeof questionKindSchema>;

export const questionStateSchema = z.enum(['open', 'answered', 'expired', 'withdrawn']).meta({
  id: 'QuestionState',
  description: 'withdrawn: no longer needed, because its turn went another way or ended',
});
export type QuestionState = z.infer<typeof questionStateSchema>;

/** Where a question can be answered. */
export const doorSchema = z.enum(['telegram', 'discord', 'slack', 'whatsapp', 'cli', 'page', 'api', 'mcp']);
export type Door = z.infer<typeof doorSchema>;

export const questionOptionSchema = z.object({
  id: z.string(),
  label: z.string(),
  style: z.enum(['primary', 'danger']).optional(),
});
export type QuestionOption = z.infer<typeof questionOptionSchema>;

export const questionInputSchema = z.object({
  type: z.enum(['text', 'number', 'integer']),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  secret: z
    .literal(true)
    .optional()
    .describe('a password or key: never asked in a messenger, never kept on disk'),
});
export type QuestionInput = z.infer<typeof questionInputSchema>;

const answerValueSchema = z.union([z.string(), z.number(), z.boolean()]);

export const questionAnswerSchema = z.object({
  option: z.string().optional(),
  value: answerValueSchema.optional().describe('what was typed; left out where it is a secret'),
  reason: z.string().optional(),
  door: doorSchema,
  by: z.string().describe('name of the person or of the token'),
  chat: z.string().optional().describe('the chat it was answered in'),
  at: z.iso.datetime(),
});
export type QuestionAnswer = z.infer<typeof questionAnswerSchema>;

export const questionSchema = z
  .object({
    id: z.string().describe('UUIDv7'),
    kind: questionKindSchema,
    state: questionStateSchema,
    turn: z
      .string()
      .describe('of kinds fact and forget no turn waits: the id of what is in doubt, or of what is proposed'),
    session: z.string(),
    asker: z.enum(['owner', 'guest', 'webhook']).describe('on whose behalf the turn runs'),
    source: z.string().describe('where the turn came from: cli, telegram, cron …'),
    title: z.string().describe('one plain line: Moby wants to use shell.'),
    text: z
      .string()
      .describe(
        'Markdown; what others wrote stands in code fences that it cannot end, and is marked as theirs',
      ),
    details: z
      .record(z.string(), z.unknown())
      .describe(
        'all of it: tool and args whole, the form and its field; again: Markdown, that the same may have run already',
      ),
    options: z
      .array(questionOptionSchema)
      .describe('2 to 5; beside `input` what can be said instead of typing, such as leaving it out'),
    input: questionInputSchema.nullable(),
    fallback: z
      .string()
      .describe(
        'the option that counts if nobody answers, always the safe one; may be chosen where something is to be typed too',
      ),
    askedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    chat: z.string().nullable().describe('the chat it is shown in; null: in no messenger'),
    answer: questionAnswerSchema.nullable(),
    outcome: z
      .string()
      .optional()
      .describe('one plain line, once it is settled: what was decided, where and by whom'),
  })
  .meta({ id: 'Question' });
export type Question = z.infer<typeof questionSchema>;

export const answerRequestSchema = z
  .strictObject({
    option: z.string().min(1).max(64).optional(),
    value: answerValueSchema.optional(),
    reason: z.string().max(1000).optional().describe('told to the model'),
  })
  .refine(({ option, value }) => (option === undefined) !== (value === undefined), {
    message: 'give either option or value',
  })
  .meta({ id: 'AnswerRequest' });
export type AnswerRequest = z.infer<typeof answerRequestSchema>;

/** The turn event: no more than a line, since whoever follows a turn may not be the one who may answer. */
export const questionEventSchema = questionSchema.pick({
  id: true,
  kind: true,
  state: true,
  title: true,
  outcome: true,
});
