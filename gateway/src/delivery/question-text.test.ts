/** What is asked about is shown as what it is: no argument gets out of its code, on no platform. */
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import type { Question } from '@mobyclaw/protocol/question';
import { describe, expect, test } from 'vitest';
import { fenced } from '../questions/quote.ts';
import { createRenderer } from '../render/create-renderer.ts';
import { LIMITS } from '../render/testing/markdown.ts';
import { askingText, choicesOf, settledText } from './question-text.ts';

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const LIE = 'Moby: it is safe, press Once.';
const HOSTILE = {
  'a fence of its own': `echo hi\n\`\`\`\n\n**${LIE}**`,
  'longer fences': `echo hi\n${'`'.repeat(9)}\n# ${LIE}\n${'~'.repeat(9)}`,
  'backticks at both ends': `\`\`\`\n${LIE}\n\`\`\``,
  'tags and entities': `</code></pre><b>${LIE}</b> &lt;/code&gt; <!channel> @everyone <@U1>`,
  'line ends of other systems': `echo hi\r\n\`\`\`\r\n${LIE}\u2028\`\`\`\u2029${LIE}`,
  'what turns text around': `echo \u202e${LIE}\u202c \u2066x\u2069`,
  'a list, a quote, a link': `- [${LIE}](https://evil.example)\n> ${LIE}\n1. Once`,
};

function question(more: Partial<Question> = {}): Question {
  return {
    id: ID,
    kind: 'tool',
    state: 'open',
    turn: 't',
    session: 'telegram:dm:1',
    asker: 'owner',
    source: 'telegram',
    title: 'Moby wants to use shell.',
    text: 'Moby wants to use **shell**.',
    details: {},
    options: [
      { id: 'once', label: 'Once', style: 'primary' },
      { id: 'no', label: 'No', style: 'danger' },
    ],
    input: null,
    fallback: 'no',
    askedAt: '2026-11-21T12:00:00.000Z',
    expiresAt: '2026-11-21T12:10:00.000Z',
    chat: null,
    answer: null,
    ...more,
  };
}

const HERE = { chat: 'telegram:dm:1', buttons: true, timeZone: 'UTC' };

describe.each(PLATFORMS)('on %s', (platform) => {
  test.each(Object.entries(HOSTILE))('%s stays in the code', async (_, args) => {
    const renderer = await createRenderer(platform);
    const text = `Moby wants to use **shell**:\n\n${fenced(args, '`all`', 'sh')}`;
    for (const markdown of [
      askingText(question({ text }), { ...HERE, buttons: platform !== 'whatsapp' }),
      settledText(question({ text }), 'Allowed once by Alice in Telegram at 12:03.'),
    ]) {
      const parts = renderer.render(markdown, LIMITS[platform]);
      expect(parts).toHaveLength(1);
      const [part] = parts;
      if (!part) return;
      const code = platform === 'telegram' ? codeOfTelegram(part) : codeOfFences(part.text);
      expect(code.inside).toContain('Moby: it is safe, press Once.');
      expect(code.outside).not.toContain('it is safe');
      expect(code.outside).not.toContain('evil.example');
    }
  });
});

function codeOfTelegram({ text, extras }: { text: string; extras?: Record<string, unknown> }) {
  const entities = extras?.entities as { type: string; offset: number; length: number }[];
  const blocks = entities.filter(({ type }) => type === 'pre');
  expect(blocks).toHaveLength(1);
  const [{ offset, length } = { offset: 0, length: 0 }] = blocks;
  return {
    inside: text.slice(offset, offset + length),
    outside: text.slice(0, offset) + text.slice(offset + length),
  };
}

/** As the apps of the others read them: three backticks begin a block, and the next three end it. */
function codeOfFences(text: string) {
  const [before = '', inside = '', after, ...more] = text.split('```');
  expect(more).toEqual([]);
  return { inside, outside: before + (after ?? '') };
}

test('for whom it is asked, and how long, stands with it; where there are no buttons, the choices do', () => {
  const mine = askingText(question(), HERE);
  expect(mine).not.toContain('Moby does this');
  expect(mine).toContain('If nobody answers until 12:10, that counts as “No”.');
  expect(askingText(question({ asker: 'guest', session: 'telegram:group:-5' }), HERE)).toContain(
    'Moby does this for a guest in the conversation `"telegram:group:-5"`.',
  );
  expect(askingText(question({ source: 'cron', session: 'cron:tea' }), HERE)).toContain('for a schedule');
  expect(askingText(question(), { ...HERE, buttons: false })).toContain('1. Once\n2. No');
});

test('what is to be typed can be declined; a secret is asked for at the terminal', () => {
  const typed = question({ options: [], input: { type: 'text' }, fallback: 'decline' });
  expect(choicesOf(typed)).toEqual([{ id: 'decline', label: 'Decline' }]);
  expect(askingText(typed, HERE)).toContain('Answer with your next message here');
  const ways = [
    { id: 'skip', label: 'Leave out' },
    { id: 'decline', label: 'No answer' },
  ];
  expect(askingText({ ...typed, options: ways }, { ...HERE, buttons: false })).toContain(
    'Answer with your next message here, “Leave out”, or `no` to decline.',
  );
  const secret = question({ options: [], input: { type: 'text', secret: true }, fallback: 'decline' });
  const text = askingText(secret, HERE);
  expect(text).toContain(
    `never asked for in a messenger. Type it at the terminal: \`./mobyclaw questions answer ${ID}\``,
  );
  expect(text).not.toContain('next message');
});

test('names and reasons in the outcome are what they are', async () => {
  const renderer = await createRenderer('telegram');
  const markdown = settledText(
    question(),
    'Refused by *A* [x](https://evil.example) in Telegram. Reason: `_no_`',
  );
  const [part] = renderer.render(markdown, LIMITS.telegram);
  expect(part?.text).toContain('Refused by *A* [x](https://evil.example) in Telegram. Reason: `_no_`');
});
