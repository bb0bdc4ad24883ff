/** What clients send, as far as cagent honours it. Other fields are ignored, as there. */
import * as z from 'zod';

export const permissionsSchema = z
  .object({
    allow: z.array(z.string()).exactOptional(),
    ask: z.array(z.string()).exactOptional(),
    deny: z.array(z.string()).exactOptional(),
  })
  .nullable();

export const createSessionSchema = z.object({
  tools_approved: z.boolean().exactOptional(),
  working_dir: z.string().exactOptional(),
  permissions: permissionsSchema.exactOptional(),
});

export const soulTextSchema = z.object({ text: z.string().max(1024 * 1024) });

export const titleSchema = z.object({ title: z.string() });
export const setPermissionsSchema = z.object({ permissions: permissionsSchema });

export const resumeSchema = z.object({
  confirmation: z.string(),
  reason: z.string().exactOptional(),
  tool_name: z.string().exactOptional(),
  tool_call_id: z.string().exactOptional(),
});

export const resumeAnswerSchema = resumeSchema.extend({
  confirmation: z.enum(['approve', 'approve-session', 'approve-tool', 'reject']),
});

export const elicitationSchema = z.object({
  action: z.enum(['accept', 'decline', 'cancel']),
  content: z.record(z.string(), z.unknown()).nullish(),
  elicitation_id: z.string().nullish(),
});

const contentPartSchema = z.object({
  type: z.enum(['text', 'image_url', 'file']),
  text: z.string().exactOptional(),
  image_url: z.object({ url: z.string(), detail: z.string().exactOptional() }).exactOptional(),
});

const messagesSchema = z.array(
  z.object({
    role: z.string().exactOptional(),
    content: z.string().default(''),
    multi_content: z.array(contentPartSchema).exactOptional(),
  }),
);

/** Body of a run: the messages-array form of cagent up to 1.61, or the object of later versions, which can name a model. */
export const runSchema = z.union([
  messagesSchema.transform((messages) => ({ messages, model: '' })),
  z.object({ messages: messagesSchema, model: z.string().default('') }),
]);

export const steerSchema = z.object({ messages: messagesSchema });

export type RunMessages = z.infer<typeof messagesSchema>;
