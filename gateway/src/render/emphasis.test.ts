/** Where bold and the like begin and end, in languages that do not part words by spaces, and where they never do. */
import { PLATFORMS } from '@mobyclaw/protocol/platform';
import { describe, expect, test } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import { parseChunk } from './parser.ts';
import { LIMITS } from './testing/markdown.ts';

interface Node {
  type: string;
  value?: string;
  children?: Node[];
}

const TAGS: Record<string, string> = { strong: 'b', emphasis: 'i', delete: 's' };

/** `<b>…</b>` for bold, `<i>` for italic, `<s>` for struck out. */
function html(nodes: readonly Node[]): string {
  return nodes
    .map(({ type, value, children = [] }) => {
      const tag = TAGS[type];
      const inside = value ?? html(children);
      return tag === undefined ? inside : `<${tag}>${inside}</${tag}>`;
    })
    .join('');
}

function parsed(text: string): string {
  return html(
    parseChunk({ text, joint: '\n\n', verbatim: false, definitions: '', defines: false }) as Node[],
  );
}

describe('signs beside letters and punctuation', () => {
  test.each([
    ['**마크다운(Markdown)**의', '<b>마크다운(Markdown)</b>의'],
    [
      '문서는 **마크다운(Markdown)**을, **`code`(식)**도 쓴다',
      '문서는 <b>마크다운(Markdown)</b>을, <b>code(식)</b>도 쓴다',
    ],
    ['**テスト。**次', '<b>テスト。</b>次'],
    ['これは**「重要なこと」**です。', 'これは<b>「重要なこと」</b>です。'],
    ['这是**我想做的事。**所以继续。', '这是<b>我想做的事。</b>所以继续。'],
    ['他说**“你好”**就走', '他说<b>“你好”</b>就走'],
    ['他说**"你好"**就走', '他说<b>"你好"</b>就走'],
    ['**注意：**API 与 **价格：**100元', '<b>注意：</b>API 与 <b>价格：</b>100元'],
    ['**비용:**100원', '<b>비용:</b>100원'],
    ['*これは（例）*です', '<i>これは（例）</i>です'],
    ['~~古い。~~新しい', '<s>古い。</s>新しい'],
    ['중요**~~삭제(X)~~**함', '중요<b><s>삭제(X)</s></b>함'],
    ['**완료!**🎉 다음 ⚠️**(주의)**', '<b>완료!</b>🎉 다음 ⚠️<b>(주의)</b>'],
    ['***강조(둘 다)***는', '<i><b>강조(둘 다)</b></i>는'],
    ['ו**"שלום"**ה', 'ו<b>"שלום"</b>ה'],
    ['قال**«مرحبا»**ثم **انتبه؛**هنا', 'قال<b>«مرحبا»</b>ثم <b>انتبه؛</b>هنا'],
    ['**คำเตือน!**อย่า', '<b>คำเตือน!</b>อย่า'],
    ['**ध्यान दें (नोट)**को', '<b>ध्यान दें (नोट)</b>को'],
    ['**𠮷（例）**𠮷', '<b>𠮷（例）</b>𠮷'],
    ['**a（b）**c、**d（e）**f', '<b>a（b）</b>c、<b>d（e）</b>f'],
    ['**Note:**text', '<b>Note:</b>text'],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test.each([
    'a*(b+c)*d',
    '2**(n-1) and 3**(m-1)',
    'x**-1 + y**-2',
    'foo.*bar.*baz',
    'f(*args, **kwargs)',
    '5*3*2'.replaceAll('*', ' * '),
    '** 가 **',
    '가 ** 나(다) ** 라',
    'snake_(case)_name',
    '파일_(이름)_은',
  ])('%s stays as it is', (text) => {
    expect(parsed(text)).toBe(text);
  });

  test.each([
    ['*(**foo**)*', '<i>(<b>foo</b>)</i>'],
    ['**foo "*bar*" foo**', '<b>foo "<i>bar</i>" foo</b>'],
    ['*foo**bar**baz*', '<i>foo<b>bar</b>baz</i>'],
    ['**가(*나*)다**', '<b>가(<i>나</i>)다</b>'],
  ])('%s nests as ever', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });
});

const EXAMPLES = [
  '**마크다운(Markdown)**의 힘',
  '**テスト。**次の文',
  'これは~~「古い」~~新しい',
  '*重要（注）*です',
];

describe.each(PLATFORMS)('on %s', (platform) => {
  test.each(EXAMPLES)('no sign of %s is left over, also while it streams', async (text) => {
    const renderer = await createRenderer(platform);
    const [, sign = ''] = /(\*\*|~~|\*)/u.exec(text) ?? [];
    const closed = text.lastIndexOf(sign) + sign.length;
    const words = text.replaceAll(sign, '');
    for (let length = closed; length <= text.length; length++) {
      const [part] = renderer.render(text.slice(0, length), LIMITS[platform]);
      expect(part?.plain).toBe(words.slice(0, length - 2 * sign.length).trimEnd());
    }
  });
});

test('each platform shows it in its own way', async () => {
  const shown = await Promise.all(
    PLATFORMS.map(async (platform) => {
      const [part] = (await createRenderer(platform)).render('**テスト。**次', LIMITS[platform]);
      return [platform, part?.text.replaceAll('\u200B', ''), part?.extras?.entities];
    }),
  );
  expect(shown).toEqual([
    ['telegram', 'テスト。次', [{ type: 'bold', offset: 0, length: 4 }]],
    ['discord', '**テスト。**次', undefined],
    ['slack', '*テスト。*次', undefined],
    ['whatsapp', '*テスト。*次', undefined],
  ]);
});
