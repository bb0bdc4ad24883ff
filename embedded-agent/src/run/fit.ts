/**
 * Makes a prompt fit the model's window where one message or one tool's result is too large for it: results of earlier questions
 * give way first, then the middle of what is largest. What is stored stays whole, and what was left out stands in its place.
 */
import type { LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from '@ai-sdk/provider';
import { cutText } from '@mobyclaw/lib/cut-text';
import { charsWithin, estimateTokens } from '@mobyclaw/lib/token-estimate';

const A_PICTURE = 1500; // tokens, of a large one
const LEAST = 150; // tokens that stay of whatever is cut
const NOTE = 40; // tokens of the words that stand in for the rest
const HEAD_SHARE = 0.6; // of what stays; the rest is its end, where a question often stands

export interface Fitted {
  prompt: LanguageModelV4Prompt;
  /** Of the question and of results since, in characters; none where only old results were cut. */
  leftOut: { what: 'message' | 'tool result'; chars: number }[];
}

interface Text {
  what: 'message' | 'tool result';
  /** Before the question that is answered now. */
  old: boolean;
  message: number;
  part: number;
  text: string;
}

/** @param room tokens for it */
export function fitPrompt(prompt: LanguageModelV4Prompt, room: number): Fitted {
  let over = prompt.reduce((sum, message) => sum + sizeOf(message), 0) - room;
  if (over <= 0) return { prompt, leftOut: [] };
  const texts = textsOf(prompt);
  const cuts = new Map<Text, string>();
  const leftOut: Fitted['leftOut'] = [];
  const cut = (text: Text, keep: number): void => {
    const size = estimateTokens(text.text);
    if (over <= 0 || size <= keep + NOTE) return;
    const shorter = withoutMiddle(text.text, keep);
    cuts.set(text, shorter.text);
    over -= size - estimateTokens(shorter.text);
    if (!text.old) leftOut.push({ what: text.what, chars: shorter.chars });
  };
  for (const text of texts) if (text.old && text.what === 'tool result') cut(text, LEAST);
  const now = texts.filter(({ old }) => !old);
  for (const text of now.toSorted((a, b) => b.text.length - a.text.length)) {
    cut(text, Math.max(LEAST, estimateTokens(text.text) - over - NOTE));
  }
  return { prompt: replaced(prompt, cuts), leftOut };
}

function sizeOf(message: LanguageModelV4Prompt[number]): number {
  const pictures = Array.isArray(message.content)
    ? message.content.filter((part) => part.type === 'file').length
    : 0;
  const plain = JSON.stringify(message, (key, value: unknown) => (key === 'data' ? undefined : value));
  return estimateTokens(plain) + pictures * A_PICTURE;
}

function textsOf(prompt: LanguageModelV4Prompt): Text[] {
  const question = prompt.findLastIndex(({ role }) => role === 'user');
  return prompt.flatMap((entry, message) => {
    const old = message < question;
    if (entry.role === 'user' && !old) {
      return entry.content.flatMap((part, index): Text[] =>
        part.type === 'text' ? [{ what: 'message', old, message, part: index, text: part.text }] : [],
      );
    }
    if (entry.role !== 'tool') return [];
    return entry.content.flatMap((part, index): Text[] => {
      const text = part.type === 'tool-result' ? resultText(part) : null;
      return text === null ? [] : [{ what: 'tool result', old, message, part: index, text }];
    });
  });
}

function resultText({ output }: LanguageModelV4ToolResultPart): string | null {
  return output.type === 'text' || output.type === 'error-text' ? output.value : null;
}

function replaced(prompt: LanguageModelV4Prompt, cuts: ReadonlyMap<Text, string>): LanguageModelV4Prompt {
  const copy = [...prompt];
  for (const [{ message, part }, text] of cuts) {
    const entry = copy[message];
    if (entry?.role === 'user') {
      const content = entry.content.map((one, index) =>
        index === part && one.type === 'text' ? { ...one, text } : one,
      );
      copy[message] = { ...entry, content };
    } else if (entry?.role === 'tool') {
      const content = entry.content.map((one, index) => {
        if (index !== part || one.type !== 'tool-result') return one;
        const type = one.output.type === 'error-text' ? ('error-text' as const) : ('text' as const);
        return { ...one, output: { type, value: text } };
      });
      copy[message] = { ...entry, content };
    }
  }
  return copy;
}

/** @param keep tokens that stay @returns the shorter text, and how many characters are missing */
function withoutMiddle(text: string, keep: number): { text: string; chars: number } {
  const head = cutText(text, charsWithin(text, Math.round(keep * HEAD_SHARE)));
  const ends = text
    .split('')
    .reverse()
    .join('')
    .slice(0, text.length - head.length);
  const tailChars = charsWithin(ends, Math.round(keep * (1 - HEAD_SHARE)));
  const tail = text.slice(text.length - tailChars);
  const chars = text.length - head.length - tail.length;
  const note = `\n[… ${chars} characters are left out here, since the model cannot read so much at once …]\n`;
  return { text: `${head}${note}${tail}`, chars };
}
