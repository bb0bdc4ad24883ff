/**
 * Channel keys of WhatsApp: `whatsapp:dm:491701234567@s.whatsapp.net`, `whatsapp:group:120363041234567890@g.us`. A person is
 * known by the phone number where it is known, else by WhatsApp's hidden id, as `123@lid`. The id of a message in a group
 * names its sender too, since ids are made up by senders.
 */
import type { ChannelKey } from '../channel.ts';

const USER_SERVER = 's.whatsapp.net';

/** `49170:7@s.whatsapp.net` is a device of `49170@s.whatsapp.net`. */
export function userJid(jid: string): string {
  const [user = '', server = ''] = jid.split('@');
  return `${user.split(/[:_]/)[0]}@${server === 'c.us' ? USER_SERVER : server}`;
}

export function isPhone(jid: string): boolean {
  return jid.endsWith(`@${USER_SERVER}`);
}

export function isHidden(jid: string): boolean {
  return jid.endsWith('@lid');
}

export function isGroup(jid: string): boolean {
  return jid.endsWith('@g.us');
}

/** Id of a person: the digits of the phone number, or the hidden id. */
export function personOf(jid: string): string {
  return isPhone(jid) ? (jid.split('@')[0] ?? jid) : jid;
}

export function keyOf(jid: string): ChannelKey {
  return `whatsapp:${isGroup(jid) ? 'group' : 'dm'}:${jid}`;
}

/** @throws RangeError for what is not a key of WhatsApp */
export function jidOf(key: ChannelKey): string {
  const match = /^whatsapp:(?:dm:(\d+@(?:s\.whatsapp\.net|lid))|group:(\d+(?:-\d+)?@g\.us))$/.exec(key);
  if (!match) {
    throw new RangeError(
      `"${key}" is not a chat of WhatsApp; write for example whatsapp:dm:491701234567@s.whatsapp.net`,
    );
  }
  return match[1] ?? match[2] ?? '';
}

export function messageIdOf(id: string, participant: string | null): string {
  return participant === null ? id : `${id}/${participant}`;
}

export function readMessageId(messageId: string): { id: string; participant: string | null } {
  const [id = '', participant = null] = messageId.split('/');
  return { id, participant };
}
