import { effect } from '@preact/signals';
import fc from 'fast-check';
import * as smd from 'streaming-markdown';
import { expect, test } from 'vitest';
import { Live } from '../data/live.ts';
import { ScriptedGateway } from '../data/testing.ts';
import { restored } from './literals.ts';
import { MarkdownStream } from './markdown-stream.ts';

/** What is drawn, as text with the kinds of its blocks; and how much was drawn on the way there. */
class Drawing {
  begun = 0;
  chars = 0;
  shown = '';

  readonly stream = new MarkdownStream(() => {
    this.begun++;
    this.shown = '';
    return {
      data: this,
      add_token: (_, type) => {
        this.shown += `<${smd.token_to_string(type)}>`;
      },
      end_token: () => {
        this.shown += '</>';
      },
      add_text: (_, text) => {
        this.chars += text.length;
        this.shown += restored(text);
      },
      set_attr: (_, attribute, value) => {
        this.shown += `[${attribute}=${value}]`;
      },
    } satisfies smd.Renderer<Drawing>;
  });
}

const PIECES = [
  ...['word ', '**bold** ', '`code` ', '\n\n', '- item\n', '```js\nlet a_b = 1;\n```\n\n', '$5 ', 'a_name '],
  ...[
    '\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n',
    '> quote\n\n',
    '# head\n\n',
    '日本語 ',
    '[link](https://example.org/)',
  ],
];

const pieces = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 60 });

test('however a text grows, each sign of it is drawn once, and the same comes of it', () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), (list, isShownTwice) => {
      const whole = list.join('');
      const grown = new Drawing();
      let text = '';
      for (const piece of list) {
        text += piece;
        grown.stream.show(text, false);
        if (isShownTwice) grown.stream.show(text, false);
      }
      grown.stream.show(whole, true);
      grown.stream.show(whole, true); // as history
      const once = new Drawing();
      once.stream.show(whole, true);
      expect(grown.begun).toBe(1);
      expect(grown.chars).toBeLessThanOrEqual(whole.length);
      expect(grown.shown).toBe(once.shown);
    }),
  );
});

test('what a cut of the line takes back and tells again is drawn no second time', () => {
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(59)), (list, cuts) => {
      const gateway = new ScriptedGateway();
      const live = new Live();
      live.listen({ session: 'web:main' });
      const scripted = gateway.newTurn('go');
      live.apply([gateway.hello(false)]);
      live.apply([...scripted.arrives(), ...scripted.starts(), scripted.says('Beginning. ')]);
      const [turn] = live.turns.value;
      const drawing = new Drawing();
      const stop = effect(() => drawing.stream.show(turn?.text.value ?? '', false));
      let unnumbered = '';
      for (const [index, piece] of list.entries()) {
        live.more(scripted.goesOn(piece));
        unnumbered += piece;
        if (!cuts.includes(index)) continue;
        // What was told without a number comes again, with what was said meanwhile.
        const more = scripted.goesOn('meanwhile ');
        live.apply([gateway.hello(true, [scripted]), scripted.repeats(unnumbered + more)]);
        unnumbered = '';
      }
      stop();
      expect(drawing.begun).toBe(1);
      expect(drawing.chars).toBeLessThanOrEqual(turn?.text.value.length ?? 0);
    }),
  );
});

test('a text that is replaced begins anew, once', () => {
  const drawing = new Drawing();
  for (const text of ['One', 'One two', 'Three', 'Three four']) drawing.stream.show(text, false);
  drawing.stream.show('Three four', true);
  expect([drawing.begun, drawing.shown]).toEqual([2, '<Paragraph>Three four</>']);
});
