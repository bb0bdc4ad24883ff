/**
 * Where what Moby does by himself ends up: a chat of a messaging platform, through the outbox, or a conversation that
 * the owner looks into himself (command line, web page, API), where it is added to the history. Each key once.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { nameUuid } from '@mobyclaw/lib/uuid';
import { platformOf } from '@mobyclaw/protocol/session-key';
import { PLATFORMS } from '../channels/channel.ts';
import type { Messaging } from '../channels/messaging.ts';
import { DeliveryRefusedError } from '../delivery/delivery-refused.ts';
import type { Store } from '../store/store.ts';
import type { Deliver, NotifyOwner, OwnerChannels } from './ports.ts';

const CONVERSATIONS: readonly string[] = ['cli', 'web', 'api'];

export interface OwnerDeliveryOptions {
  store: Store;
  clock: Clock;
  /** Null where no channel is enabled. */
  messaging: () => Pick<Messaging, 'deliver' | 'ownerChannel'> | null;
}

export interface OwnerDelivery {
  deliver: Deliver;
  notifyOwner: NotifyOwner;
  channels: OwnerChannels;
}

export function ownerDelivery({ store, clock, messaging }: OwnerDeliveryOptions): OwnerDelivery {
  const isChat = (key: string): boolean => PLATFORMS.some((platform) => platform === platformOf(key));
  const isConversation = (key: string): boolean => CONVERSATIONS.includes(platformOf(key));
  const lastActive = (): string | null => messaging()?.ownerChannel() ?? null;

  const deliver: Deliver = async (channel, text, key) => {
    const id = nameUuid(key);
    if (isConversation(channel)) {
      store.transaction('durable', () => {
        if (store.messages.firstOfTurn(channel, id)) return;
        store.sessions.touch(channel, clock.now());
        store.messages.insert({ session: channel, turn: id, role: 'assistant', text, at: clock.now() });
      });
      return;
    }
    const outlet = messaging();
    if (!outlet) {
      throw new DeliveryRefusedError(
        `No messaging channel is enabled, so nothing can be sent to ${channel}. Set its token and start Moby again.`,
      );
    }
    outlet.deliver({ channel, text, id });
  };

  return {
    deliver,
    notifyOwner: async (text, key) => {
      const channel = lastActive();
      if (channel === null) throw new Error('There is no channel that the owner has written in.');
      await deliver(channel, text, key);
    },
    channels: {
      lastActive,
      // Where it was asked, if somebody is reached there; a terminal or a page shows it only when it is looked at.
      target: (named, origin) => {
        if (named !== null) return named;
        if (origin !== null && isChat(origin)) return origin;
        return lastActive() ?? (origin !== null && isConversation(origin) ? origin : null);
      },
    },
  };
}
