/** The chat that the owner has chosen for what Moby does by himself, as the setting MOBYCLAW_OWNER_CHANNEL names it. */
import * as z from 'zod';
import { platformOf, sessionKeySchema } from './session-key.ts';

/** Which variable switches a platform on; a conversation of the gateway's own is always there. */
const SWITCHED_ON_BY: Readonly<Record<string, string | null>> = {
  telegram: 'TELEGRAM_BOT_TOKEN',
  discord: 'DISCORD_BOT_TOKEN',
  slack: 'SLACK_BOT_TOKEN',
  whatsapp: 'WHATSAPP_AUTH',
  cli: null,
  web: null,
  api: null,
};

export const ownerChannelSchema = sessionKeySchema.refine((key) => platformOf(key) in SWITCHED_ON_BY, {
  message: 'nobody reads there; write a chat such as telegram:dm:12345, or web:main',
});

/**
 * @param isSet whether a variable of this name is set
 * @returns why nothing could be sent there; null where it could
 */
export function ownerChannelConflict(channel: string, isSet: (variable: string) => boolean): string | null {
  const variable = SWITCHED_ON_BY[platformOf(channel)] ?? null;
  if (variable === null || isSet(variable)) return null;
  return `${channel} is a chat of ${platformOf(channel)}, which is not switched on; set ${variable}, or choose another chat`;
}

/** As `status` and `channels` show it. */
export const ownerChannelViewSchema = z
  .object({
    channel: z.string(),
    problem: z.string().optional().describe('why it is not used, and what to do'),
  })
  .meta({ id: 'OwnerChannel' });

export type OwnerChannelView = z.infer<typeof ownerChannelViewSchema>;
