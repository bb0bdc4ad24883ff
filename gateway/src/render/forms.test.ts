/** What each construct becomes on each platform, and what must never come of a text. */
import { describe, expect, it } from 'vitest';
import { createRenderer } from './create-renderer.ts';
import { LIMITS } from './testing/markdown.ts';
import { entityProblems } from './testing/telegram-rules.ts';

const telegram = await createRenderer('telegram');
const [discord, slack, whatsapp] = (await Promise.all(
  (['discord', 'slack', 'whatsapp'] as const).map(async (platform) => {
    const renderer = await createRenderer(platform);
    return (markdown: string) =>
      renderer
        .render(markdown, LIMITS[platform])
        .map(({ text }) => text)
        .join('✂');
  }),
)) as [Write, Write, Write];
type Write = (markdown: string) => string;

const ZWSP = '\u200B';

function entities(markdown: string): string[] {
  return telegram.render(markdown, LIMITS.telegram).flatMap(({ text, extras }) => {
    expect(entityProblems(text, extras?.entities)).toEqual([]);
    const list = extras?.entities as {
      type: string;
      offset: number;
      length: number;
      url?: string;
      language?: string;
    }[];
    return list.map(({ type, offset, length, url, language }) =>
      [type, text.slice(offset, offset + length), url ?? language ?? ''].join('|'),
    );
  });
}

function plain(markdown: string): string {
  return telegram
    .render(markdown, LIMITS.telegram)
    .map((part) => part.plain)
    .join('✂');
}

describe('telegram', () => {
  it('counts entities in UTF-16 code units', () => {
    expect(telegram.render('👩‍🚀 **b** 🎉 *i*', LIMITS.telegram)).toEqual([
      {
        text: '👩‍🚀 b 🎉 i',
        plain: '👩‍🚀 b 🎉 i',
        extras: {
          entities: [
            { type: 'bold', offset: 6, length: 1 },
            { type: 'italic', offset: 11, length: 1 },
          ],
        },
      },
    ]);
  });

  it('knows code and its language, quotes, links, strikethrough and headings', () => {
    expect(entities('# H **b**\n\n> q `c`\n\n```rust\nfn\n```\n\n~~s~~ [l](https://e.example)')).toEqual([
      'bold|H b|',
      'blockquote|q c|',
      'code|c|',
      'pre|fn|rust',
      'strikethrough|s|',
      'text_link|l|https://e.example/',
    ]);
  });

  it('shows a quote of several lines as one', () => {
    expect(entities('> a\n> b\n> c')).toEqual(['blockquote|a\nb\nc|']);
    expect(entities('> a  \n> **b**\nlazy\n>\n> - c\n> - d')).toEqual([
      'blockquote|a\nb\nlazy\n\n• c\n• d|',
      'bold|b|',
    ]);
    expect(entities('> # H\n> a\n> b\n> > c\n> > d')).toEqual(['blockquote|H\na\nb\n\n> c\n> d|', 'bold|H|']);
    expect(entities('> a\n> b\n\ntext\n\n> c')).toEqual(['blockquote|a\nb|', 'blockquote|c|']);
  });

  it.each(['homeassistant:8123', 'localhost:3000', 'nas', 'user@nas'])(
    'writes out a link to %s, which the server would drop',
    (host) => {
      const url = `http://${host}/x`;
      expect(entities(`[label](${url}) and ${url} and <${url}>`)).toEqual([]);
      expect(plain(`[label](${url}) and ${url}`)).toBe(`label (${url}) and ${url}`);
    },
  );

  it('writes out what no platform could take as a link: the brackets of an IPv6 address', () => {
    const text = '[a.com](http://[::1]:3000/x)';
    expect(plain(text)).toBe('a.com (http://[::1]:3000/x)');
    for (const write of [slack, whatsapp]) expect(write(text)).toBe('a.com (http://[::1]:3000/x)');
  });

  it.each(['http://127.0.0.1:3000/', 'http://nas.local/'])('keeps a link to %s', (url) => {
    expect(entities(`[label](${url})`)).toEqual([`text_link|label|${url}`]);
  });

  it('lets nothing be around code or around a link that may not be', () => {
    expect(entities('**a `c` [`l`](https://e.example) *i***')).toEqual([
      'bold|a|',
      'code|c|',
      'bold|l i|',
      'text_link|l|https://e.example/',
      'italic|i|',
    ]);
    expect(entities('> a\n>\n> > b\n>\n> ```\n> c\n> ```')).toEqual(['blockquote|a\n\n> b\n\nc|', 'pre|c|']);
  });

  it('sends no more than a hundred entities in a message', () => {
    const parts = telegram.render('**a** b '.repeat(250), LIMITS.telegram);
    expect(parts).toHaveLength(3);
    expect(entities('[a](https://e.example) b '.repeat(250))).toHaveLength(250);
  });

  it('writes tabs as spaces, which are all that the server keeps', () => {
    expect(plain('```make\nall:\n\tcc\n```')).toBe('all:\n    cc');
  });
});

describe('the plain text', () => {
  it('tells addresses and quotes', () => {
    expect(plain('> see [this](https://e.example/x)\n\n**b** https://e.example')).toBe(
      '> see this (https://e.example/x)\n\nb https://e.example',
    );
  });
});

describe('discord', () => {
  it('has headings to depth three, nested lists, quotes with code', () => {
    expect(discord('### H\ntext\n\n#### deep')).toBe('### H\ntext\n\n**deep**');
    expect(discord('- a\n  - b\n    1. c')).toBe('- a\n  - b\n    1. c');
    expect(discord('> a\n> ```js\n> b\n> ```')).toBe('> a\n> \n> ```js\n> b\n> ```');
  });

  it('shows signs of the text as they are', () => {
    expect(discord('snake_case 2\\*3\\*4 a || b | c')).toBe('snake\\_case 2\\*3\\*4 a \\|\\| b \\| c');
    expect(discord('\\# no heading\n\\- no list\n2024\\. no list\n\\> no quote\n-# no small print')).toBe(
      '\\# no heading\n\\- no list\n2024\\. no list\n\\> no quote\n\\-# no small print',
    );
    expect(discord('\\[a](b) `` a`b ``')).toBe('[a\\](b) ``a`b``');
  });

  it('mentions nobody by accident', () => {
    const text = discord('@everyone and @here, <@123>, <@!1> <@&45> <#67> </do:1> <:a:9> and **@everyone**');
    expect(text).not.toMatch(/@everyone|@here|<[@#/:]/u);
  });

  it('keeps emphasis that ends inside of a word or of other emphasis', () => {
    expect(discord('un*believ*able ***both*** *a **b*** **a *b***')).toBe(
      'un*believ*able _**both**_ _a **b**_ **a _b_**',
    );
  });

  it('never lets code end its own fence', () => {
    expect(discord('````\n```\nx\n```\n````')).toBe(`\`\`\`\n\`${ZWSP}\`\`\nx\n\`${ZWSP}\`\`\n\`\`\``);
  });

  it('masks links safely and leaves bare addresses alone', () => {
    expect(discord('[a [b] \\* c](https://e.example/x_(y)?q=1 "t")')).toBe(
      '[a \\[b\\] \\* c](https://e.example/x_%28y%29?q=1)',
    );
    expect(discord('https://e.example/__init__.py, (https://e.example/a_(b)). **www.example.com**')).toBe(
      '<https://e.example/__init__.py>, (<https://e.example/a_%28b%29>). **<https://www.example.com/>**',
    );
    expect(discord('at https://e.example/a_b')).toBe('at https://e.example/a_b');
  });
});

describe('slack', () => {
  it('writes mrkdwn', () => {
    expect(slack('# H\n**b** *i* ~~s~~ `c` [l](https://e.example/?a=1&b=2)\n- x\n  - y')).toBe(
      '*H*\n*b* _i_ ~s~ `c` <https://e.example/?a=1&amp;b=2|l>\n\n• x\n  ◦ y',
    );
  });

  it('escapes all that could be a mention or a tag', () => {
    expect(slack('<!channel> & <@U1> `a<b` <b>')).toBe(
      '&lt;!channel&gt; &amp; &lt;@U1&gt; `a&lt;b` &lt;b&gt;',
    );
    expect(slack('[x](https://e.example/|<!here>)')).not.toContain('<!');
  });

  it('parts signs from letters, and signs of the text from what they would format', () => {
    expect(slack('un**believ**able')).toBe(`un${ZWSP}*believ*${ZWSP}able`);
    expect(slack('重**点**内')).toBe(`重${ZWSP}*点*${ZWSP}内`);
    expect(slack('\\*no\\* 2\\*3 _a')).toBe(`*${ZWSP}no${ZWSP}* 2*3 _${ZWSP}a`);
    expect(slack('**a\nb**')).toBe('*a*\n*b*');
    expect(slack('\\> no quote')).toBe(`${ZWSP}&gt; no quote`);
  });

  it('leaves code without a language, and out of quotes', () => {
    expect(slack('> a\n>\n> ```js\n> b < c\n> ```\n>\n> d')).toBe('> a\n\n```\nb &lt; c\n```\n\n> d');
  });
});

describe('whatsapp', () => {
  it('writes its signs, with addresses after the text', () => {
    expect(
      whatsapp('## H\n**b** *i* ~~s~~ `c` **[l](https://e.example/x)**\n- x\n\n```js\ny\n```\n> q'),
    ).toBe('*H*\n*b* _i_ ~s~ `c` l (https://e.example/x)\n\n- x\n\n```\ny\n```\n\n> q');
  });
});

describe('every platform', () => {
  it('aligns a narrow table by what is seen, and tells a wide one or one with links row by row', () => {
    expect(plain('| a | n |\n|---|--:|\n| 日本 | 1 |\n| 🎉 | 1000 |')).toBe(
      'a        n\n────  ────\n日本     1\n🎉    1000',
    );
    expect(plain(`| a | b | |\n|---|---|---|\n| x | ${'long '.repeat(12)} | |\n| y | z |`)).toBe(
      `a: x\n• b: ${'long '.repeat(12).trim()}\n• –\n\na: y\n• b: z`,
    );
    expect(plain('| a |\n|---|\n| [x](https://e.example) |')).toBe('a: x (https://e.example/)');
  });

  it('shows all that has no form of its own', () => {
    expect(plain('a<br>b <u>c</u> <!-- d -->')).toBe('a\nb <u>c</u> <!-- d -->');
    expect(plain('![alt](https://e.example/i.png) ![](https://e.example/j.png)')).toBe(
      'alt (https://e.example/i.png) https://e.example/j.png',
    );
    expect(plain('a[^n] b\n\n[^n]: note')).toBe('a[n] b\n\n[n] note');
    expect(plain('- [x] done\n- [ ] open\n-\n- last')).toBe('☑ done\n☐ open\n• \n• last');
    expect(plain('```hello **there** friend')).toBe('hello **there** friend');
    expect(plain('a\n---\nb')).toBe('a\n\n──────────\n\nb');
    expect(plain('about ~5 and ~6')).toBe('about ~5 and ~6');
  });

  it('resolves references across the text, and shows definitions that nothing refers to', () => {
    expect(
      plain(
        'see [the manual][m] and [1]\n\ntext\n\n[m]: https://m.example/x\n[1]: https://one.example\n[2]: https://two.example',
      ),
    ).toBe(
      'see the manual (https://m.example/x) and [1] (https://one.example/)\n\ntext\n\n[2]: https://two.example',
    );
  });

  it('hides no address behind another, nor one that could not be opened', () => {
    expect(plain('[https://bank.example.com](https://evil.example/)')).toBe(
      'https://bank.example.com (https://evil.example/)',
    );
    expect(entities('[bank.com](https://evil.example/)')).toEqual([
      'text_link|https://evil.example/|https://evil.example/',
    ]);
    expect(plain('[a](javascript:alert) [b](./c.md) [d](mailto:d@e.example) [e](#f)')).toBe(
      'a (javascript:alert) b (./c.md) d (d@e.example) e',
    );
    expect(plain('[README.md](https://e.example/README.md)')).toBe('README.md (https://e.example/README.md)');
  });

  it('removes what only confuses: control characters and overrides of direction', () => {
    expect(plain('a\u0000b\u001b[31mc\u202Ed\r\ne\uD83D')).toBe('ab[31mcd\ne');
    expect(plain('a\uDC00b')).toBe('a\uFFFDb');
  });

  it('sends nothing that shows nothing', () => {
    for (const nothing of ['', ' \n\t', '\u200B', '```', '```js\n\n```', '\u2800', '[]()'])
      expect(plain(nothing)).toBe('');
  });
});

describe('what stands under a list', () => {
  it.each([
    [
      'a quote in an item of a loose list',
      '- a\n\n  > q\n\n- b',
      '- a\n\n>   q\n\n- b',
      '• a\n\n>   q\n\n• b',
    ],
    ['a quote in an item of a tight list', '- a\n  > q\n- b', '- a\n>   q\n- b', '• a\n>   q\n• b'],
    ['a list in an item', '- a\n\n  p\n  - b', '- a\n\n  p\n  ◦ b', '• a\n\n  p\n  ◦ b'],
    ['a quote after a list in an item', '- a\n  - b\n\n  > q', '- a\n  ◦ b\n\n>   q', '• a\n  ◦ b\n\n>   q'],
    ['a list after a paragraph', 'p\n- a', 'p\n\n- a', 'p\n\n• a'],
  ])('%s', (_what, markdown, onWhatsApp, onSlack) => {
    expect(whatsapp(markdown)).toBe(onWhatsApp);
    expect(slack(markdown)).toBe(onSlack);
  });
});

describe('code that holds the sign of code', () => {
  const code = 'a `` x`y `` b `` *c`d* ``';

  it('is plain text where there is no way to write it, its other signs disarmed', () => {
    for (const write of [whatsapp, slack]) expect(write(code)).toBe(`a x\`y b *${ZWSP}c\`d${ZWSP}*`);
  });

  it('is code where there is one', () => {
    expect(discord(code)).toBe('a ``x`y`` b ``*c`d*``');
    expect(entities(code)).toEqual(['code|x`y|', 'code|*c`d*|']);
  });
});
