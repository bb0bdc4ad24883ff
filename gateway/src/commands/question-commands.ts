/** The questions that wait for the owner, wherever they are shown. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { fenced } from '../questions/quote.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { Command } from './command.ts';

const MOST_SHOWN = 10;
const GIST_CHARS = 300;

export const questionCommands: readonly Command[] = [
  {
    name: 'questions',
    description: 'What waits for your answer',
    ownerOnly: true,
    menu: true,
    run({ channel, kind }, { store, now }) {
      if (kind === 'group') return 'I show what waits for you in our direct messages only.';
      const open = store.questions.open();
      if (open.length === 0) return 'Nothing waits for your answer.';
      const shown = open.slice(0, MOST_SHOWN).map((row) => questionText(row, channel, now()));
      const more = open.length > MOST_SHOWN ? [`… and ${open.length - MOST_SHOWN} more.`] : [];
      return [...shown, ...more].join('\n\n');
    },
  },
];

function questionText(row: QuestionRow, channel: string, now: number): string {
  const minutes = Math.max(1, Math.round((row.expiresAt - now) / 60_000));
  const what = gist(row);
  const all = `\`./mobyclaw questions show ${row.id}\``;
  return [
    `❓ **${row.title}** I wait ${minutes} min more.`,
    ...(what === '' ? [] : [beginning(what, all)]),
    howToAnswer(row, channel),
  ].join('\n\n');
}

/** Who answers by what he reads here must know that it is not all. */
function beginning(what: string, all: string): string {
  if (what.length <= GIST_CHARS) return fenced(what, all);
  return `${fenced(cutText(what, GIST_CHARS), all)}\n\nThis is the beginning; it has ${what.length} characters. All of it: ${all}`;
}

/** The arguments of a call, or what a form says. */
function gist({ details: { args, message } }: QuestionRow): string {
  if (args === undefined) return typeof message === 'string' ? message : '';
  const values = typeof args === 'object' && args !== null ? Object.values(args) : [args];
  const [only] = values;
  if (values.length === 0) return '';
  return values.length === 1 && typeof only === 'string' ? only : JSON.stringify(args);
}

function howToAnswer({ id, chat, options, input }: QuestionRow, channel: string): string {
  if (chat === channel) return 'Answer below its message here.';
  const where = chat === null ? '' : `Answer where I asked it (\`${chat}\`), or in a terminal: `;
  const typed = input === null ? [] : input.secret ? [] : ['TEXT'];
  const words = [...typed, ...options.map((option) => option.id)].join('|');
  return `${where === '' ? 'Answer in a terminal: ' : where}\`./mobyclaw questions answer ${id} ${words}\``.trim();
}
