import { expect, it } from 'vitest';
import { question } from '../testing/asked-question.ts';
import { questionText, shortId, wholeQuestion } from './question-view.ts';

const HOSTILE = '\u001b]0;owned\u0007\u001b[2Jls\u202e\n\trm';

it('shows every argument whole, and lets none steer the terminal', () => {
  const hostile = question({
    title: `x${HOSTILE}`,
    text: HOSTILE,
    session: `cli:${HOSTILE}`,
    details: { tool: HOSTILE, args: { cmd: HOSTILE, [HOSTILE]: [HOSTILE], long: 'y'.repeat(5000) } },
    outcome: HOSTILE,
  });
  const whole = wholeQuestion(hostile, { asked: 'now', expires: 'later' });
  for (const shown of [whole, questionText(hostile)]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  expect(whole).toContain('cmd:\n    \\u{001B}]0;owned\\u{0007}\\u{001B}[2Jls\\u{202E}\n    \trm');
  expect(whole).toContain('y'.repeat(5000));
});

it('says which rule "always" writes, and what can be answered', () => {
  const whole = wholeQuestion(question(), { asked: 'now', expires: 'in 9 min' });
  expect(whole).toContain('permissions: allow: shell:cmd=git push');
  expect(whole).toContain(
    'questions answer 019b0000-0000-7000-8000-000000000001 once | turn (For this answer) | always | no',
  );
});

it('cuts an id to what no other begins with', () => {
  const ids = ['019b0000-0000-7000-8000-000000000001', '019b0000-0001-7000-8000-000000000001', '029b'];
  expect(ids.map((id) => shortId(id, ids))).toEqual(['019b0000-0000', '019b0000-0001', '029b']);
});

it('says once what is asked, and shows code as it is and no marks of Markdown', () => {
  expect(questionText(question())).toBe('❓ Moby wants to use shell.\n    git push');
  const text =
    'It was asked before.\n\nMoby wants to use **shell**:\n\n````sh\necho "**a**" `b`\n```\n````\n\nAll of it: `./mobyclaw questions show 1`, 2 \\* 3.';
  expect(questionText(question({ text }))).toBe(
    '❓ Moby wants to use shell.\nIt was asked before.\n\n    echo "**a**" `b`\n    ```\n\nAll of it: ./mobyclaw questions show 1, 2 * 3.',
  );
  const fact = question({
    kind: 'fact',
    title: 'May a warning be changed?',
    text: 'In **MEMORY.md** stands:\n\n```\nno nuts\n```',
  });
  expect(wholeQuestion(fact, { asked: 'now', expires: 'later' })).toContain(
    'In MEMORY.md stands:\n\n    no nuts\n',
  );
});
