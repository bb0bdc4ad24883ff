import { systemTimeZone } from '../time-zone.ts';
import { contact, folder, hostNames, oneOf, timeZone, whole } from './forms.ts';
import type { Topic } from './setting.ts';

export const place = {
  title: 'Place',
  about:
    'Behind a proxy add HTTPS_PROXY (and HTTP_PROXY) with its address, http://host:port or http://user:password@host:port, and NO_PROXY with what is asked without it: names with all below them, host:port, 10.0.0.0/8, or *. The parts of Moby and this machine are never asked through it.',
  settings: {
    MOBYCLAW_HOME: {
      about:
        'The data directory: soul.yaml, MEMORY.md, conversations, logs. A copy of it is a complete backup.',
      form: folder,
      default: '~/.mobyclaw',
      parts: ['gateway', 'memory', 'egress'],
      fitted: true,
    },
    MOBYCLAW_PORT: {
      about: 'Port of the HTTP API, on 127.0.0.1 only.',
      form: whole(1, 65_535),
      default: '3000',
      parts: ['gateway'],
      fitted: true,
    },
    MOBYCLAW_ALLOWED_HOSTS: {
      about:
        'Host names besides localhost under which the API may be asked, with commas between: for a reverse proxy in front.',
      form: hostNames,
      parts: ['gateway'],
    },
    MOBYCLAW_PUSH_CONTACT: {
      about:
        "Your e-mail address or a page of yours (https://…), told to the push service of your browser with each notification, for complaints. Unset: the first host above with a dot in its name; without one too, Apple's service, Safari's, takes nothing.",
      form: contact,
      parts: ['gateway'],
    },
    MOBYCLAW_SANDBOX: {
      about:
        'Whether Moby and his shell stand behind walls in local mode, by bubblewrap on Linux: auto is on where this machine can; on is an error where it cannot; off leaves his shell yours.',
      form: oneOf('auto', 'on', 'off'),
      default: 'auto',
      parts: [],
    },
    MOBYCLAW_TZ: {
      about: 'Your time zone, by its IANA name. Unset: that of this machine.',
      form: timeZone,
      default: () => systemTimeZone() ?? 'UTC',
      example: 'Europe/Berlin',
      parts: ['gateway', 'memory', 'agent'],
      nameIn: { agent: 'TZ' }, // of his add_date, and of the programs that he runs
    },
  },
} as const satisfies Topic;
