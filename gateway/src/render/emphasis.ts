/**
 * Where `*` and `~~` begin and end, also in languages that do not part words by spaces. CommonMark
 * (https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run) lets no sign end a passage that has punctuation inside
 * of it and a letter outside, so `**마크다운(Markdown)**의`, `**テスト。**次`, `**注意：**API` and `**완료!**🎉` would show their
 * asterisks. Here punctuation inside does not count
 *
 * - where what is outside is of another script than Latin and Greek: a letter, a mark, an emoji; or
 * - where the punctuation is beyond ASCII; or
 * - where a colon ends the passage.
 *
 * All else stays as it is: `a*(b+c)*d` is a product, `foo.*bar.*` a pattern. So does `_`, which joins words in names.
 */
import { attention } from 'micromark-core-commonmark';
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough';

type Construct = typeof attention;
type Effects = Parameters<Construct['tokenize']>[0];
type State = Parameters<Construct['tokenize']>[1];
type Code = Parameters<State>[0];
type Token = ReturnType<Effects['exit']>;

const ASTERISK = 42;
const TILDE = 126;

/** Halves of a pair count too: signs beyond the basic plane are emoji and rare Han letters. */
const LETTER = /[^\s\p{P}\p{S}]/u;
const LATIN = /[\p{Script=Latin}\p{Script=Greek}\p{N}]/u;
const FULL_WIDTH = /[\uFF00-\uFFEF]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const BEYOND_ASCII = /[^\p{ASCII}]/u;
const OPENING_BRACKET = /[\p{Ps}\p{Pi}]/u;
const CLOSING_BRACKET = /[\p{Pe}\p{Pf}]/u;

/** For micromark, in the place of its own and of GitHub's strikethrough with two tildes. */
export function emphasis() {
  const strikethrough = gfmStrikethrough({ singleTilde: false });
  const tilde = strikethrough.text?.[TILDE];
  if (tilde === undefined || Array.isArray(tilde))
    throw new Error('the strikethrough extension has another form');
  tilde.tokenize = lenient(tilde).tokenize; // the same object stands in `insideSpan`
  return [{ text: { [ASTERISK]: lenient(attention) } }, strikethrough];
}

/** The same construct, whose signs may open or close in more places. */
function lenient(construct: Construct): Construct {
  const { tokenize } = construct;
  return {
    ...construct,
    tokenize(effects, ok, nok) {
      const before = signOf(this.previous);
      let token: Token | null = null;
      const watched: Effects = {
        ...effects,
        exit(type) {
          token = effects.exit(type);
          return token;
        },
      };
      const done: State = (code) => {
        if (token !== null) loosen(token, before, signOf(code));
        return ok(code);
      };
      return tokenize.call(this, watched, done, nok);
    },
  };
}

function loosen(token: Token, before: string, after: string): void {
  if (mayClose(before, after)) token._close = true;
  if (mayOpen(before, after)) token._open = true;
}

function mayClose(inside: string, outside: string): boolean {
  if (!PUNCTUATION.test(inside) || OPENING_BRACKET.test(inside) || !LETTER.test(outside)) return false;
  return inside === ':' || BEYOND_ASCII.test(inside) || isForeign(outside);
}

function mayOpen(outside: string, inside: string): boolean {
  if (!PUNCTUATION.test(inside) || CLOSING_BRACKET.test(inside) || !LETTER.test(outside)) return false;
  return BEYOND_ASCII.test(inside) || isForeign(outside);
}

function isForeign(letter: string): boolean {
  return FULL_WIDTH.test(letter) || !LATIN.test(letter);
}

/** A UTF-16 unit; empty at the edge of the text, a space for what micromark counts as white space. */
function signOf(code: Code): string {
  if (code === null) return '';
  return code < 0 ? ' ' : String.fromCharCode(code);
}
