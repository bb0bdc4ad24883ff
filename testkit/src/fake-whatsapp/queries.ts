/** What WhatsApp answers to queries: keys of people, their devices, groups, media servers. */
import { childOf, childrenOf, type Node } from './library.ts';
import type { Phone } from './phone.ts';

export interface Known {
  /** The phone of a number or of a hidden id. */
  phoneOf(jid: string): Phone | undefined;
  groups: ReadonlyMap<string, { subject: string; members: Phone[] }>;
  mediaHosts: readonly string[];
  bot: string;
}

/** @returns the content of the answer */
export function answerTo(query: Node, known: Known): Node[] {
  switch (query.attrs.xmlns) {
    case 'encrypt':
      return keys(query, known);
    case 'usync':
      return devices(query, known);
    case 'w:g2':
      return group(query, known);
    case 'w:m': {
      const hosts = known.mediaHosts.map((hostname) => ({ tag: 'host', attrs: { hostname } }));
      return [{ tag: 'media_conn', attrs: { auth: 'auth', ttl: '3600' }, content: hosts }];
    }
    case 'privacy': {
      const content = [{ tag: 'category', attrs: { name: 'readreceipts', value: 'all' } }];
      return [{ tag: 'privacy', attrs: {}, content }];
    }
    default:
      return [];
  }
}

function keys(query: Node, { phoneOf }: Known): Node[] {
  if (childOf(query, 'count')) return [{ tag: 'count', attrs: { value: '100' } }];
  if (childOf(query, 'digest')) return [{ tag: 'digest', attrs: {} }];
  const users = childrenOf(childOf(query, 'key'), 'user').flatMap(({ attrs: { jid = '' } }) => {
    const phone = phoneOf(jid);
    return phone ? [phone.bundle(jid)] : [];
  });
  return [{ tag: 'list', attrs: {}, content: users }];
}

function devices(query: Node, { phoneOf }: Known): Node[] {
  const users = childrenOf(childOf(childOf(query, 'usync'), 'list'), 'user').map(
    ({ attrs: { jid = '' } }) => {
      const phone = phoneOf(jid);
      const list = phone ? [{ tag: 'device', attrs: { id: '0' } }] : [];
      return {
        tag: 'user',
        attrs: { jid },
        content: [
          { tag: 'devices', attrs: {}, content: [{ tag: 'device-list', attrs: {}, content: list }] },
          ...(phone && !jid.endsWith('@lid') ? [{ tag: 'lid', attrs: { val: phone.lid } }] : []),
        ],
      };
    },
  );
  return [{ tag: 'usync', attrs: {}, content: [{ tag: 'list', attrs: {}, content: users }] }];
}

function group(query: Node, { groups, bot }: Known): Node[] {
  const id = query.attrs.to ?? '';
  const found = groups.get(id);
  if (!found) return [];
  const members = [...found.members.map(({ jid }) => jid), bot].map((jid) => ({
    tag: 'participant',
    attrs: { jid },
  }));
  const attrs = { id, subject: found.subject, s_t: '1', creation: '1', addressing_mode: 'pn' };
  return [{ tag: 'group', attrs, content: members }];
}
