/**
 * Where what Moby does by himself ends up: a chat of a messaging platform, through the outbox, or a conversation that
 * the owner looks into himself (command line, web page, API), where it is added to the history. Each key once. There is
 * always such a place: where no chat is, the conversation in which the owner wrote last.
 *
 * The channel that the owner has chosen is used only while Moby may write there: a chat of somebody who was not let in
 * is never a target. It is then as if none were chosen, and `chosen` says so to whoever looks.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { nameUuid } from '@mobyclaw/lib/uuid';
import type { OwnerChannelView } from '@mobyclaw/protocol/owner-channel';
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { platformOf } from '@mobyclaw/protocol/session-key';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { FIRST_CONVERSATION, isConversation } from '../store/conversation.ts';
import { recordSent } from '../store/sent-record.ts';
import type { Store } from '../store/store.ts';
import type { Deliver, NotifyOwner, Outlet, OwnerChannels } from './ports.ts';

export interface OwnerDeliveryOptions {
  store: Store;
  clock: Clock;
  /** Null where no channel is enabled, and while messaging is being loaded. */
  messaging: () => Outlet | null;
  /** Platforms that are enabled. */
  platforms: readonly string[];
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
  const { store, clock, messaging, platforms } = options;
  const isChat = (key: string): boolean => PLATFORMS.some((platform) => platform === platformOf(key));
  const chosen = (): OwnerChannelView | null => {
    if (options.ownerChannel === null) return null;
    const ownerChannel = store.names.current(options.ownerChannel); // the settings may have the name from before
    const problem = isConversation(ownerChannel) ? null : whyNotChosen(messaging(), ownerChannel);
    return { channel: ownerChannel, ...(problem === null ? {} : { problem }) };
  };
  const usable = (): string | null => {
    const found = chosen();
    return found && found.problem === undefined ? found.channel : null;
  };
  const lastActive = (): string | null => messaging()?.ownerChannel() ?? null;
  const conversation = (): string => store.sessions.lastConversation() ?? FIRST_CONVERSATION;
  const home = (): string => usable() ?? lastActive() ?? conversation();

  const refusal = (channel: string): string | null => {
    if (isConversation(channel)) return null;
    if (!isChat(channel)) {
      return `Nobody reads in ${channel}. Name a chat, such as telegram:dm:12345, or a conversation such as cli:main.`;
    }
    const outlet = messaging();
    if (outlet) return outlet.refusal(channel);
    if (platforms.includes(platformOf(channel))) return null; // not up yet, so nobody can tell
    return `No messaging channel is enabled, so nothing can be sent to ${channel}. Set its token and start Moby again.`;
  };

  const deliver: Deliver = async (channel, text, key, sentBy) => {
    const id = nameUuid(key);
    const refused = refusal(channel);
    if (refused !== null) throw new DeliveryRefusedError(refused);
    if (isConversation(channel)) {
      store.transaction('durable', () =>
        recordSent(store, { session: channel, id, text, sentBy, at: clock.now() }),
      );
      return;
    }
    const outlet = messaging();
    if (!outlet) throw new Error('Messaging is not up, so nothing can be sent yet. The log has the reason.');
    outlet.deliver({ channel, text, id, sentBy });
  };

  return {
    deliver,
    notifyOwner: (text, key) => deliver(home(), text, key, 'notice'),
    channels: {
      home,
      refusal,
      // Where it was asked, if somebody is reached there; a terminal or a page shows it only when it is looked at.
      target: (named, origin) => {
        if (named !== null) return named;
        const chat = origin !== null && isChat(origin) ? origin : null;
        const asked = origin !== null && isConversation(origin) ? origin : null;
        return usable() ?? chat ?? lastActive() ?? asked ?? conversation();
      },
    },
    chosen,
  };
}

function whyNotChosen(messaging: Outlet | null, channel: string): string | null {
  if (messaging === null) return 'Messaging is not up, so nothing can be sent there yet.';
  if (messaging.mayReceive(channel)) return null;
  return 'Moby may not write there, so it is not used. Write to him there once, so that he knows you, or let it in: "mobyclaw channels pairings" shows who waits, "mobyclaw channels allow" opens a group.';
}
