/**
 * Where what Moby does by himself ends up: a chat of a messaging platform, through the outbox, or a conversation that
 * the owner looks into himself (command line, web page, API), where it is added to the history. Each key once.
 *
 * The channel that the owner has chosen is used only while Moby may write there: a chat of somebody who was not let in
 * is never a target. It is then as if none were chosen, and `chosen` says so to whoever looks.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { nameUuid } from '@mobyclaw/lib/uuid';
import type { OwnerChannelView } from '@mobyclaw/protocol/owner-channel';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Access } from '../access/access.ts';
import { PLATFORMS } from '../channels/channel.ts';
import type { Messaging } from '../channels/messaging.ts';
import { DeliveryRefusedError } from '../delivery/delivery-refused.ts';
import type { Store } from '../store/store.ts';
import type { Deliver, NotifyOwner, OwnerChannels } from './ports.ts';

const CONVERSATIONS: readonly string[] = ['cli', 'web', 'api'];

/** Whether the owner looks into such conversations himself. @param platform of a session key */
export function isConversation(platform: string): boolean {
  return CONVERSATIONS.includes(platform);
}

export const NO_CHANNEL =
  'There is no channel that the owner has written in, and none that he has chosen (MOBYCLAW_OWNER_CHANNEL).';

export interface OwnerDeliveryOptions {
  store: Store;
  clock: Clock;
  /** Null where no channel is enabled. */
  messaging: () =>
    | (Pick<Messaging, 'deliver' | 'ownerChannel'> & { access: Pick<Access, 'mayReceive'> })
    | null;
  /** The channel that the owner has chosen, or null. */
  ownerChannel: string | null;
}

export interface OwnerDelivery {
  deliver: Deliver;
  notifyOwner: NotifyOwner;
  channels: OwnerChannels;
  /** The channel that the owner has chosen, and why it is not used; null where he has chosen none. */
  chosen: () => OwnerChannelView | null;
}

export function ownerDelivery(options: OwnerDeliveryOptions): OwnerDelivery {
  const { store, clock, messaging, ownerChannel } = options;
  const isChat = (key: string): boolean => PLATFORMS.some((platform) => platform === platformOf(key));
  const chosen = (): OwnerChannelView | null => {
    if (ownerChannel === null) return null;
    const problem = isConversation(platformOf(ownerChannel)) ? null : refusal(messaging(), ownerChannel);
    return { channel: ownerChannel, ...(problem === null ? {} : { problem }) };
  };
  const usable = (): string | null => {
    const found = chosen();
    return found && found.problem === undefined ? found.channel : null;
  };
  const lastActive = (): string | null => messaging()?.ownerChannel() ?? null;
  const home = (): string | null => usable() ?? lastActive();

  const deliver: Deliver = async (channel, text, key) => {
    const id = nameUuid(key);
    if (isConversation(platformOf(channel))) {
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
      const channel = home();
      if (channel === null) throw new Error(NO_CHANNEL);
      await deliver(channel, text, key);
    },
    channels: {
      home,
      // Where it was asked, if somebody is reached there; a terminal or a page shows it only when it is looked at.
      target: (named, origin) => {
        if (named !== null) return named;
        const chat = origin !== null && isChat(origin) ? origin : null;
        return (
          usable() ??
          chat ??
          lastActive() ??
          (origin !== null && isConversation(platformOf(origin)) ? origin : null)
        );
      },
    },
    chosen,
  };
}

function refusal(messaging: { access: Pick<Access, 'mayReceive'> } | null, channel: string): string | null {
  if (messaging === null) return 'Messaging is not up, so nothing can be sent there yet.';
  if (messaging.access.mayReceive(channel)) return null;
  return 'Moby may not write there, so it is not used. Write to him there once, so that he knows you, or let it in: "mobyclaw channels pairings" shows who waits, "mobyclaw channels allow" opens a group.';
}
