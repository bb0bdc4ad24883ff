/** `/memory`: what Moby remembers, and where it comes from. */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { Command } from './command.ts';

const MOST_CHARS = 6000;

export const memoryCommand: Command = {
  name: 'memory',
  usage: '[why … | changes | undo]',
  description: 'What I remember; `why tea` tells where it comes from, `changes` what I did with it at night',
  ownerOnly: true,
  menu: true,
  async run({ kind, text, sign }, { memory }) {
    if (kind === 'group') return 'I show my memory in our direct messages only.';
    const [, verb = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
    switch (verb.toLowerCase()) {
      case '':
        return shortened(await memory.read(), 'more in MEMORY.md');
      case 'why':
        if (rest === '') return `Write what it is about: \`${sign}memory why tea\`.`;
        return shortened(quoted(await memory.whyText(rest.slice(0, 500))), 'ask for something more exact');
      case 'changes':
        return shortened(quoted(await memory.changesText()), './mobyclaw memory changes shows all');
      case 'undo':
        return memory.undoText();
      default:
        return `Write \`${sign}memory\`, \`${sign}memory why tea\`, \`${sign}memory changes\` or \`${sign}memory undo\`.`;
    }
  },
};

function shortened(text: string, more: string): string {
  return text.length > MOST_CHARS ? `${cutText(text, MOST_CHARS)}\n\n… (${more})` : text;
}

/** Lines of the memory are shown as they stand, not as Markdown. */
function quoted(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}\n${text}\n${fence}`;
}
