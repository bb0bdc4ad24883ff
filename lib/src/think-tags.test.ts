import { describe, expect, it } from 'vitest';
import { ThinkTags, type Thought, withoutThinking } from './think-tags.ts';

function inPieces(text: string, length: number): Thought {
  const tags = new ThinkTags();
  const all: Thought = { reasoning: '', text: '' };
  const add = ({ reasoning, text: words }: Thought): void => {
    all.reasoning += reasoning;
    all.text += words;
  };
  for (let at = 0; at < text.length; at += length) add(tags.push(text.slice(at, at + length)));
  add(tags.end());
  return all;
}

describe.each([1, 2, 3, 5, 100])('in pieces of %i', (length) => {
  it.each([
    ['<think>hm, 1 < 2</think>\n\nHello', 'hm, 1 < 2', 'Hello'],
    ['\n <thinking>hm</thinking>Hello', 'hm', 'Hello'],
    ['<THINK>hm</Think> Hello', 'hm', 'Hello'],
    ['<think></think>\n<think>again</think>Hello', 'again', 'Hello'],
    ['<think>never closed </thin', 'never closed </thin', ''],
    ['<think>cut off', 'cut off', ''],
    ['A lesson: <think>x</think>', '', 'A lesson: <think>x</think>'],
    ['<thin', '', '<thin'],
    ['<thinker>x', '', '<thinker>x'],
    ['<b>bold</b>', '', '<b>bold</b>'],
    ['  indented', '', '  indented'],
    ['<think>a</think>  ', 'a', ''],
    ['', '', ''],
  ])('%j', (text, reasoning, answer) => {
    expect(inPieces(text, length)).toEqual({ reasoning, text: answer });
  });
});

it('shows text at once that cannot be reasoning', () => {
  const tags = new ThinkTags();
  expect(tags.push('H')).toEqual({ reasoning: '', text: 'H' });
  expect(tags.push('<think>')).toEqual({ reasoning: '', text: '<think>' });
});

it('begins anew with each message', () => {
  const tags = new ThinkTags();
  tags.push('Hello');
  tags.end();
  expect(tags.push('<think>a</think>b')).toEqual({ reasoning: 'a', text: 'b' });
});

it('takes a whole text apart', () => {
  expect(withoutThinking('<think>\nIs there anything?\n</think>\n\nHEARTBEAT_OK')).toBe('HEARTBEAT_OK');
});
