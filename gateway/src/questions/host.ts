/**
 * A host that no rule of egress.yaml names: whether it may be reached. No run waits for it; at most a connection does, at the
 * door. *Once* is for one connection, *For this answer* and *No* for the turn, *Always* is a rule in egress.yaml.
 */
import { domainToUnicode } from 'node:url';
import { cutText } from '@mobyclaw/lib/cut-text';
import type { DoorAsk } from '@mobyclaw/protocol/egress';
import type { HostRule } from '@mobyclaw/protocol/egress-rules';
import type { TurnRow } from '../store/turn-store.ts';
import type { Draft, KindRules } from './kind.ts';
import { fenced } from './quote.ts';
import { subjectOf } from './subject.ts';

const USUAL_PORTS: ReadonlySet<number> = new Set([80, 443]);
const MOST_PROMPT = 200;

export const hostRules: KindRules = {
  needsTurn: (option) => option === 'once' || option === 'turn',

  rule(option, { details }) {
    return option === 'always' ? targetOf(details as unknown as DoorAsk) : null;
  },

  outcome(option, { details }) {
    const target = targetOf(details as unknown as DoorAsk);
    switch (option) {
      case 'once':
        return `${target} was allowed once`;
      case 'turn':
        return `${target} was allowed for this answer`;
      case 'always':
        return `${target} was allowed always`;
      default:
        return `${target} was refused`;
    }
  },
};

export function hostSubject({ host, port }: Pick<DoorAsk, 'host' | 'port'>): string {
  return subjectOf('host', host, port);
}

/** @param also conversations of other turns that run, where nobody can say which of them asks */
export function hostDraft(ask: DoorAsk, turn: Pick<TurnRow, 'prompt'>, also: readonly string[]): Draft {
  const { host, port, method, path } = ask;
  const target = targetOf(ask);
  const rule: HostRule = { host, ...(USUAL_PORTS.has(port) ? {} : { ports: [port] }) };
  return {
    subject: hostSubject(ask),
    title: `Moby wants to reach ${target}.`,
    text: (id, again) => {
      const all = `\`./mobyclaw questions show ${id}\``;
      const wanted = method === undefined ? [] : [fenced(`${method} ${path ?? '/'}`, all)];
      return [
        ...(again === '' ? [] : [again]),
        `Moby wants to reach **${host}**, port ${port}, which no rule in egress.yaml names${wanted.length > 0 ? ':' : '.'}`,
        ...wanted,
        ...foreignName(host),
        `It is for the answer to:`,
        fenced(cutText(turn.prompt, MOST_PROMPT), all),
        ...(also.length === 0
          ? []
          : [
              `It may also be for ${also.length} other conversation${also.length === 1 ? '' : 's'} that Moby answers just now, since the program does not say.`,
            ]),
        'Whoever runs this host could be told things by him. What he sends there is not seen.',
      ].join('\n\n');
    },
    details: { ...ask, rule, ...(also.length === 0 ? {} : { also }) },
    options: [
      { id: 'once', label: 'Once', style: 'primary' },
      { id: 'turn', label: 'For this answer' },
      { id: 'always', label: 'Always' },
      { id: 'no', label: 'No', style: 'danger' },
    ],
    input: null,
    fallback: 'no',
  };
}

export function targetOf({ host, port }: Pick<DoorAsk, 'host' | 'port'>): string {
  return USUAL_PORTS.has(port) ? host : `${host}:${port}`;
}

/** Letters of other alphabets may look like those of a name that is known. */
function foreignName(host: string): string[] {
  if (!host.split('.').some((label) => label.startsWith('xn--'))) return [];
  return [
    `Mind its name: it holds letters that are not plain, and is shown to people as`,
    fenced(domainToUnicode(host), 'the name above'),
  ];
}
