import { expect, test } from 'vitest';
import { needsYear, pastSince } from './until.ts';

test.each([
  ['Lives in Paris until March', '2026-01-10', '2026-04-01', '2026-03-31'],
  ['Lives in Paris until March', '2026-01-10', '2026-03-31', null],
  ['Lives in Paris until March', '2025-11-10', '2026-02-01', null],
  ['Lives in Paris until March', '2025-11-10', '2026-04-01', '2026-03-31'],
  ['Lives in Paris until March', null, '2026-04-01', null],
  ['Lives in Paris until March 2026', null, '2026-04-01', '2026-03-31'],
  ['On leave until 3 May', '2026-04-20', '2026-05-04', '2026-05-03'],
  ['On leave until May 3rd, 2026', null, '2026-05-03', null],
  ['On leave till the end of June', '2026-04-20', '2026-07-01', '2026-06-30'],
  ['Contract until 2025-12-31', null, '2026-01-01', '2025-12-31'],
  ['Contract until 2025', null, '2026-01-01', '2025-12-31'],
  ['Wohnt bis Ende März in Bonn', '2026-01-01', '2026-04-02', '2026-03-31'],
  ['Urlaub bis zum 3. Mai 2026', null, '2026-05-04', '2026-05-03'],
  ['The pool is open until September every year', '2024-01-01', '2026-04-01', null],
  ['Works until 5 pm', '2024-01-01', '2026-04-01', null],
  ['Until Mary comes home', '2024-01-01', '2026-04-01', null],
  ['Vacation until 31 February', '2024-01-01', '2026-04-01', null],
  ['Lives in Paris', '2024-01-01', '2026-04-01', null],
])('%s, said %s, on %s: %s', (line, said, today, past) => {
  expect(pastSince(line, said, today)).toBe(past);
});

test('only a line that names no year needs to be known when it was said', () => {
  expect(needsYear('Lives in Paris until March')).toBe(true);
  expect(needsYear('Lives in Paris until March 2026')).toBe(false);
  expect(needsYear('Lives in Paris')).toBe(false);
});
