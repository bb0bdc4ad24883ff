import { enabledPlatforms } from './config/channels-config.ts';
import type { Messaging, MessagingOptions } from './messaging/messaging.ts';

/** Loads messaging where a channel is enabled; the start of the gateway does not wait for it. Never rejects. */
export async function startMessaging(options: MessagingOptions): Promise<Messaging | null> {
  if (enabledPlatforms(options.config.channels).length === 0) return null;
  try {
    const { Messaging } = await import('./messaging/messaging.ts');
    const messaging = await Messaging.create(options);
    messaging.start();
    return messaging;
  } catch (error) {
    options.logger.error({ err: error }, 'messaging could not be started; everything else goes on');
    return null;
  }
}
