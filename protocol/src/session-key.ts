/** Names of conversations: `api:<name>`, `telegram:dm:<chat>`, `cron:<job>` … One form for channel and session. */
import * as z from 'zod';

const FORMS: readonly RegExp[] = [
  /^telegram:dm:-?\w+(:topic:\d+)?$/,
  /^telegram:group:-?\w+(:topic:\d+)?$/,
  /^discord:dm:\d+$/,
  /^discord:channel:\d+$/,
  /^slack:dm:\w+$/,
  /^slack:channel:\w+(:thread:[\d.]+)?$/,
  /^whatsapp:(dm|group):[\w.@-]+$/,
  /^(cli|web|api|webhook):[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u,
  /^heartbeat:main$/,
  /^cron:[\w-]+$/,
];

export const sessionKeySchema = z
  .string()
  .max(200)
  .refine((key) => FORMS.some((form) => form.test(key)), {
    message: 'not a session key; write for example api:default, cli:main or telegram:dm:12345',
  })
  .meta({ id: 'SessionKey', description: 'Name of a conversation, such as api:default or cli:main' });

/** The platform part of a key: `telegram` of `telegram:dm:42`. */
export function platformOf(sessionKey: string): string {
  return sessionKey.slice(0, sessionKey.indexOf(':'));
}
