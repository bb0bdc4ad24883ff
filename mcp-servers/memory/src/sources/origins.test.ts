import { describe, expect, test } from 'vitest';
import type { JournalRecord } from './journal-record.ts';
import { lineChanges } from './line-changes.ts';
import { fingerprint, lineKey } from './line-key.ts';
import { Origins } from './origins.ts';

const FILE = 'MEMORY.md';
const turn = { turn: 't1', session: 'telegram:dm:7', asker: 'owner' as const, sender: 'Ada' };

function origins(lines: string[], known: string[] = []): Origins {
  const records: JournalRecord[] = [
    { op: 'begun', at: '2026-01-01T00:00:00.000Z', known: known.map(fingerprint) },
  ];
  for (const [at, line] of lines.entries()) {
    const time = new Date(Date.UTC(2026, 0, 2, 0, at)).toISOString();
    records.push({
      op: 'change',
      id: `${at}`,
      at: time,
      ...turn,
      file: FILE,
      wrote: [{ line }],
      removed: [],
    });
  }
  return new Origins(records);
}

const stateOf = (from: Origins, line: string, others: string[] = []): string =>
  from.of(FILE, line, null, new Set([line, ...others].map(lineKey))).state;

test('a line is known by its words, whatever its mark, emphasis, case and spaces', () => {
  const from = origins(['- The owner likes green tea.']);
  expect(from.of(FILE, '* the owner  likes **green** tea', null, new Set())).toEqual({
    state: 'written',
    source: { at: '2026-01-02T00:00:00.000Z', ...turn },
  });
  expect(from.of('memory/tea.md', '- The owner likes green tea.', null, new Set())).toMatchObject({
    state: 'moved',
    from: FILE,
  });
});

describe('a line that was reworded by hand is told from another fact', () => {
  test.each([
    ['- The owner likes green tea.', '- The owner likes green tea in the morning.'],
    ['- The owner’s sister Anna lives in Oslo.', '- His sister Anna lives in Oslo, Norway.'],
    ['- Dentist: Dr. Weber, 030 1234567', '- Dentist: Dr. Weber, phone 030 1234568'],
    ['- Der Hund heißt Bello.', '- Der Hund heißt Bello und ist vier.'],
  ])('%s → %s', (before, after) => {
    expect(stateOf(origins([before]), after)).toBe('edited');
  });

  test.each([
    ['- The owner likes green tea.', '- The neighbour hates loud music.'],
    ['- The owner likes green tea.', '- The owner likes opera.'],
    ['- The owner’s sister Anna lives in Oslo.', '- The owner works at a bank in Bergen.'],
    ['- Dentist: Dr. Weber, 030 1234567', '- Plumber: Mr. Holt, 040 7654321'],
    ['- Meets Tom on Monday', '- Plays chess on Friday'],
  ])('%s | %s', (written, other) => {
    expect(stateOf(origins([written]), other)).toBe('by-hand');
  });
});

test('a line that still stands beside it is not what another line was', () => {
  const from = origins(['- The owner likes green tea.']);
  expect(stateOf(from, '- The owner likes black tea.', ['- The owner likes green tea.'])).toBe('by-hand');
});

test('what stood there before sources were kept is not known since when', () => {
  const from = origins([], ['- An old line']);
  expect(from.of(FILE, '- An old line', null, new Set())).toEqual({ state: 'before', source: null });
  expect(stateOf(from, '- A new line by hand')).toBe('by-hand');
  expect(from.of('memory/2025-12-31.md', '- 10:00 a walk', '2025-12-31', new Set()).state).toBe('before');
  expect(from.of('memory/2026-01-02.md', '- 10:00 a walk', '2026-01-02', new Set()).state).toBe('by-hand');
  expect(new Origins([]).of(FILE, 'x', null, new Set()).state).toBe('before');
});

test('the same words in two logs are two lines', () => {
  const at = (day: string): JournalRecord => ({
    op: 'change',
    id: day,
    at: `2026-01-${day}T08:00:00.000Z`,
    file: `memory/2026-01-${day}.md`,
    wrote: [{ line: '- 08:00 woke up' }],
    removed: [],
  });
  const from = new Origins([at('02'), at('03')]);
  expect(from.of('memory/2026-01-02.md', '- 08:00 woke up', '2026-01-02', new Set())).toEqual({
    state: 'written',
    source: { at: '2026-01-02T08:00:00.000Z' },
  });
});

test('changes: what came, what it took the place of, what went; headings and order are no facts', () => {
  const before = '# A\n\n- tea\n- lives in Paris\n- old\n';
  const after = '# B\n\n- lives in Rome since May\n- tea\n- new thing\n';
  expect(lineChanges(before, after)).toEqual({
    wrote: [{ line: '- lives in Rome since May', was: '- lives in Paris' }, { line: '- new thing' }],
    removed: ['- old'],
  });
  expect(lineChanges('- a\n- b\n', '- b\r\n\r\n- a\r\n')).toBeNull();
});
