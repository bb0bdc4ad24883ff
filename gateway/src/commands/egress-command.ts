/** `/egress`: what Moby may reach outside, and what was refused last; `allow` and `deny` change the owner's rules. */
import { writtenRule } from '@mobyclaw/lib/egress-rules/edit-rules';
import { readAddress } from '@mobyclaw/lib/egress-rules/test-address';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type EgressEdit, egressModeSchema } from '@mobyclaw/protocol/egress-rules';
import type { EgressView } from '@mobyclaw/protocol/egress-view';
import type { Command } from './command.ts';

const MOST_SHOWN = 20;

export const egressCommand: Command = {
  name: 'egress',
  usage: '[allow HOST | deny HOST | mode MODE]',
  description: 'What I may reach outside; `allow` and `deny` change it',
  ownerOnly: true,
  menu: true,
  async run({ kind, text, sign }, { egress }) {
    if (kind === 'group') return 'I say what I may reach in our direct messages only.';
    const [verb = '', ...words] = text.trim().split(/\s+/);
    if (verb === '') return shown(await egress.view(), sign);
    const edits = words.map((word) => editOf(verb.toLowerCase(), word));
    if (edits.length === 0 || edits.includes(null)) {
      return `Write \`${sign}egress\`, \`${sign}egress allow example.com\`, \`${sign}egress deny example.com\` or \`${sign}egress mode ask\` (model, ask, open).`;
    }
    try {
      for (const edit of edits) if (edit) await egress.edit(edit);
    } catch (error) {
      if (error instanceof HttpProblem) return `⚠️ ${error.message}`;
      throw error;
    }
    return `✅ It counts at once.\n\n${shown(await egress.view(), sign)}`;
  },
};

function editOf(verb: string, word: string): EgressEdit | null {
  const mode = egressModeSchema.safeParse(word.toLowerCase());
  if (verb === 'mode') return mode.success ? { do: 'mode', mode: mode.data } : null;
  if (verb === 'deny') return { do: 'deny', host: word };
  if (verb !== 'allow') return null;
  const address = /:\d+$/.test(word) ? readAddress(word) : null;
  return { do: 'allow', rule: address ? { host: address.host, ports: [address.port] } : { host: word } };
}

function shown({ rules, problem, door, refused }: EgressView, sign: string): string {
  const { mode, allow, deny, packages } = rules;
  const list = (items: readonly string[]): string => {
    const more = items.length - MOST_SHOWN;
    return `${items
      .slice(0, MOST_SHOWN)
      .map((item) => `\`${item}\``)
      .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  const what = {
    model: 'I reach nothing but my model.',
    ask: 'I ask you about hosts that no rule names.',
    open: 'I reach any public host, and it is written down.',
  };
  const lines = [
    `**Mode ${mode}:** ${what[mode]}`,
    `**Allowed:** ${allow.length === 0 ? 'nothing' : list(allow.map(writtenRule))}`,
  ];
  if (deny.length > 0) lines.push(`**Denied:** ${list(deny.map(writtenRule))}`);
  if (packages) lines.push('**Packages:** the public registries may be read.');
  if (refused.length > 0) {
    const hosts = [
      ...new Set(refused.map(({ host, port }) => (port === 443 || port === 80 ? host : `${host}:${port}`))),
    ];
    lines.push(`**Refused lately:** ${list(hosts)}. \`${sign}egress allow HOST\` allows one.`);
  }
  if (problem)
    lines.push(
      `⚠️ egress.yaml${problem.line === undefined ? '' : `, line ${problem.line}`}: ${problem.message}`,
    );
  if (door === 'away') lines.push('⚠️ The door does not answer just now, so I reach nothing outside.');
  if (door === 'none') lines.push('⚠️ This installation has no door: nothing holds me back.');
  return lines.join('\n\n');
}
