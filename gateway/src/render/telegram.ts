/**
 * Telegram: the text itself, and entities that say what is bold and so on (https://core.telegram.org/bots/api#messageentity).
 * There is nothing to escape, so nothing that could be refused. `extras.entities` goes to the Bot API as it is.
 *
 * Rules of the Bot API (#formatting-options): entities that share characters contain one another; bold, italic and
 * strikethrough contain anything but code; quotes do not nest. The server takes 100 entities a message and drops the
 * others, with the links among them, and links to a host without a dot. It makes a tab one space.
 */
import type { Renderer } from './part.ts';
import { partRenderer } from './part-renderer.ts';
import type { Mark, Run } from './styled-text.ts';

const MOST_ENTITIES = 100;

export interface TelegramEntity {
  type: 'bold' | 'italic' | 'strikethrough' | 'code' | 'pre' | 'text_link' | 'blockquote';
  /** In UTF-16 code units, as is `length`. */
  offset: number;
  length: number;
  url?: string;
  language?: string;
}

export function createTelegramRenderer(): Renderer {
  return partRenderer(
    { bullets: ['•', '◦', '▪'], tableColumns: 40, tab: '    ', dottedHosts: true },
    (runs) => {
      const text = runs.map((run) => run.text).join('');
      const entities = entitiesOf(runs);
      return { text, extras: { entities }, tooMuch: entities.length > MOST_ENTITIES };
    },
  );
}

function entitiesOf(runs: readonly Run[]): TelegramEntity[] {
  const entities: TelegramEntity[] = [];
  let open: { mark: Mark; start: number }[] = [];
  let text = '';
  const close = (stays: readonly Mark[]) => {
    for (const { mark, start } of open) {
      if (stays.includes(mark)) continue;
      const entity = entityOf(mark, start, text);
      if (entity !== null) entities.push(entity);
    }
    open = open.filter(({ mark }) => stays.includes(mark));
  };
  for (const run of runs) {
    const marks = allowed(run.marks);
    close(marks);
    if (entities.length > MOST_ENTITIES) return entities; // too much already, whatever comes
    for (const mark of marks) {
      if (!open.some((one) => one.mark === mark)) open.push({ mark, start: text.length });
    }
    text += run.text;
  }
  close([]);
  for (const quote of entities.filter(({ type }) => type === 'blockquote')) embrace(quote, entities);
  return entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
}

/** A quote has lost the white space at its edges; what belongs to code in it is still inside of it. */
function embrace(quote: TelegramEntity, entities: readonly TelegramEntity[]): void {
  for (const { type, offset, length } of entities) {
    if (type !== 'pre' && type !== 'code') continue;
    const end = quote.offset + quote.length;
    if (offset >= end || offset + length <= quote.offset) continue;
    quote.offset = Math.min(quote.offset, offset);
    quote.length = Math.max(end, offset + length) - quote.offset;
  }
}

/** Code takes nothing but a quote around it; a heading is bold already. */
function allowed(marks: readonly Mark[]): readonly Mark[] {
  const code = marks.some(({ kind }) => kind === 'code' || kind === 'pre');
  const heading = marks.some(({ kind }) => kind === 'heading');
  return marks.filter(({ kind }) => {
    if (kind === 'marker') return false;
    if (code) return kind === 'code' || kind === 'pre' || kind === 'quote';
    return !(heading && kind === 'bold');
  });
}

function entityOf(mark: Mark, from: number, text: string): TelegramEntity | null {
  const passage = text.slice(from);
  const exact = mark.kind === 'pre' || mark.kind === 'code';
  const offset = exact ? from : text.length - passage.trimStart().length;
  const length = (exact ? text : text.trimEnd()).length - offset;
  if (passage.trim() === '') return null;
  switch (mark.kind) {
    case 'bold':
    case 'heading':
      return { type: 'bold', offset, length };
    case 'italic':
      return { type: 'italic', offset, length };
    case 'strike':
      return { type: 'strikethrough', offset, length };
    case 'code':
      return { type: 'code', offset, length };
    case 'quote':
      return { type: 'blockquote', offset, length };
    case 'pre':
      return mark.language === ''
        ? { type: 'pre', offset, length }
        : { type: 'pre', offset, length, language: mark.language };
    case 'link':
      return { type: 'text_link', offset, length, url: mark.url };
    case 'marker':
      return null;
  }
}
