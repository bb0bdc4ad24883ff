/**
 * Letting people in, turning them away, shutting them out, opening and closing groups, with what follows at once: who is
 * let in is told so; what a person or a group that is shut out has asked, and what was still to be sent there, is ended.
 * The decision is on disk before anything is ended, so after a crash in between an answer may still be sent, but nobody is let in.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { endsTurn } from '@mobyclaw/protocol/events';
import type { ChannelKey } from '../channels/channel.ts';
import { isFrom } from '../channels/turn-sender.ts';
import type { JobService } from '../scheduler/job-service.ts';
import type { PairingRow, Role } from '../store/access-store.ts';
import { StoreError } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import type { TurnService } from '../turns/turn-service.ts';
import type { Access } from './access.ts';
import { welcome } from './access-texts.ts';

export interface AccessDecisionsOptions {
  store: Store;
  access: Access;
  turns: Pick<TurnService, 'cancel' | 'follow'>;
  jobs: Pick<JobService, 'shutOut'>;
  /** Something was put into the outbox for this channel. */
  wake: (channel: ChannelKey) => void;
  clock: Clock;
  logger: Logger;
}

export type Revoked =
  /** `schedules` of theirs are paused. */
  | { kind: 'revoked'; schedules: number }
  /** It was the code of somebody who waited. */
  | { kind: 'rejected'; pairing: PairingRow }
  /** The settings name this owner, in `variable`; nothing has changed. */
  | { kind: 'named'; variable: string }
  | { kind: 'unknown' };

export class AccessDecisions {
  readonly #options: AccessDecisionsOptions;

  constructor(options: AccessDecisionsOptions) {
    this.#options = options;
  }

  /**
   * Lets the stranger with this code in, and tells him.
   * @param role a guest unless given
   * @returns null where there is no such code; `role-needed` where the platform has no owner, so that nobody becomes it unasked
   */
  approve(code: string, role?: Role): (PairingRow & { role: Role }) | 'role-needed' | null {
    const { store, access, clock, wake } = this.#options;
    const pairing = access.pairings.find(code);
    if (!pairing) return null;
    const { channel, platform } = pairing;
    if (role === undefined && !access.hasOwner(platform)) return 'role-needed';
    const granted = role ?? 'guest';
    const notice = { id: uuidv7(), channel, replyTo: null, turn: null, kind: 'notice' } as const;
    store.transaction('durable', () => {
      store.access.approve(pairing, granted, clock.now());
      access.pairings.settle(pairing);
      store.outbox.insert({ ...notice, text: welcome(granted, channel), createdAt: clock.now() });
    });
    wake(channel);
    return { ...pairing, role: granted };
  }

  /** Turns the stranger with this code away: he hears nothing for a week. @returns whom; null where no such code waits */
  reject(code: string): PairingRow | null {
    const { store, access } = this.#options;
    return store.transaction('durable', () => access.pairings.reject(code));
  }

  /** @param who `platform:user`, or a code that waits */
  revoke(who: string): Revoked {
    const { store, access } = this.#options;
    const pairing = this.reject(who);
    if (pairing) return { kind: 'rejected', pairing };
    const at = who.indexOf(':');
    if (at === -1) return { kind: 'unknown' };
    const [platform, user] = [who.slice(0, at), who.slice(at + 1)];
    if (access.isNamed(platform, user)) {
      return { kind: 'named', variable: `${platform.toUpperCase()}_ALLOWED_USERS` };
    }
    const person = store.access.person(platform, user);
    if (!person || !store.transaction('durable', () => store.access.forgetPerson(platform, user))) {
      return { kind: 'unknown' };
    }
    const schedules = this.#shutOut(person.channel, (sender) => isFrom(sender, platform, user));
    return { kind: 'revoked', schedules };
  }

  /** Opens a group, all its topics and threads among it. */
  allowGroup(channel: ChannelKey, mention: boolean): void {
    const { store, access, clock } = this.#options;
    const group = access.groupOf(channel);
    store.transaction('durable', () => store.access.allowGroup(group, mention, clock.now()));
  }

  /**
   * Closes the group that this is, or is in. A thread may have been opened by itself, before it was known where it is: that ends too.
   * @returns how many schedules are paused by that; null where it was not open
   */
  closeGroup(channel: ChannelKey): number | null {
    const { store, access } = this.#options;
    const group = access.groupOf(channel);
    const closed = store.transaction('durable', () =>
      [group, channel].filter((place) => store.access.closeGroup(place)),
    );
    const [widest] = closed;
    return widest === undefined ? null : this.#shutOut(widest);
  }

  /**
   * Ends what was still to be sent to this person or group, what waits and runs for them or is otherwise of theirs, and
   * the schedules that guests asked for there, or that go there. A webhook of the owner's that goes there stays, and its
   * answers come to the owner.
   * @returns how many schedules
   */
  #shutOut(channel: ChannelKey, isTheirs: (sender: string) => boolean = () => false): number {
    const { store, access, turns, jobs, clock } = this.#options;
    const isHere = (place: ChannelKey): boolean => place === channel || access.groupOf(place) === channel;
    store.transaction('durable', () => {
      for (const arrival of store.arrivals.allOpen()) {
        if (isHere(arrival.channel)) store.arrivals.settle(arrival.seq);
      }
      for (const place of store.outbox.waitingChannels().filter(isHere)) {
        store.outbox.endIn(place, clock.now());
      }
    });
    for (const turn of store.turns.openWithDelivery()) {
      const endsHere = turn.deliverTo != null && isHere(turn.deliverTo.channel);
      if (endsHere) this.#endAnswer(turn);
      if (endsHere || isTheirs(turn.sender)) turns.cancel(turn.id);
    }
    return jobs.shutOut(({ guest, origin, askedBy = '' }, target) => {
      return isHere(target) || (guest === true && ((origin !== null && isHere(origin)) || isTheirs(askedBy)));
    });
  }

  /** The answer of such a turn is not sent. If a message shows the turn, or is being sent, then that one tells how it ended. */
  #endAnswer({ id }: TurnRow): void {
    const { store, turns, clock, logger } = this.#options;
    const end = (): void => {
      try {
        store.transaction('relaxed', () => store.outbox.endOf(id, clock.now()));
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        logger.error(
          { err: error, turn: id },
          'the answer to a chat that is shut out could not be held back',
        );
      }
    };
    turns.follow(id, 0, (event) => {
      if (!endsTurn(event) || store.outbox.hasLive(id)) return;
      queueMicrotask(end);
    });
  }
}
