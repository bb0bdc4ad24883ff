/** Notifications of a browser: what it subscribes with, what the owner sees of it, and what is sent to it. */
import * as z from 'zod';

const base64url = (most: number): z.ZodType<string> =>
  z
    .string()
    .regex(/^[\w-]+=*$/)
    .min(16)
    .max(most);

/** As `PushSubscription.toJSON()` gives it, https://www.w3.org/TR/push-api/ */
export const pushRequestSchema = z
  .object({
    endpoint: z.url().max(2000),
    keys: z.object({ p256dh: base64url(200), auth: base64url(100) }),
    content: z.boolean().default(false).describe('whether what was said goes along'),
  })
  .meta({ id: 'PushRequest' });

export type PushRequest = z.infer<typeof pushRequestSchema>;

export const pushViewSchema = z
  .object({
    id: z.string(),
    name: z.string().describe('of the browser'),
    content: z.boolean(),
    thisBrowser: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'PushSubscription' });

export type PushView = z.infer<typeof pushViewSchema>;

export const pushListSchema = z.object({
  publicKey: z.string().describe('applicationServerKey of a subscription'),
  items: z.array(pushViewSchema),
});

export type PushList = z.infer<typeof pushListSchema>;

/** What the service worker is handed, encrypted on the way. */
export interface PushMessage {
  kind: 'question' | 'message';
  session: string;
  /** The same one again replaces the one before. */
  id: string;
  /** Only where the owner wants it. */
  text?: string;
}
