import { describe, expect, test } from 'vitest';
import { isSoftened, isWarning } from './warning.ts';

test.each([
  'The owner is severely allergic to peanuts.',
  'Takes warfarin, 5 mg a day',
  'Never call before nine',
  'Anna must not drink alcohol',
  'Ist gegen Nüsse allergisch',
  'Die Katze darf nicht raus',
  'Niemals den Keller abschließen',
  'Es alérgica a los mariscos',
  'ピーナッツアレルギー',
  '对花生过敏',
])('is a warning: %s', (line) => expect(isWarning(line)).toBe(true));

test.each(['The owner likes tea.', 'Plays chess on Fridays', 'Nieves is his aunt', 'Met the team in Rome'])(
  'is none: %s',
  (line) => expect(isWarning(line)).toBe(false),
);

const NUTS = '- The owner is severely allergic to peanuts.';

describe('warns less than it did', () => {
  test.each([
    '',
    '- The owner is mildly allergic to peanuts.',
    '- The owner is allergic to peanuts.',
    '- The owner is no longer severely allergic to peanuts.',
    '- The owner likes peanuts.',
    '- The owner is severely allergic to peanuts, but that is over.',
    '- The owner is severely allergic to peanuts only when raw',
  ])('%s', (after) => expect(isSoftened(NUTS, after)).toBe(true));
});

describe('is what it was, or more', () => {
  test.each([
    '* The owner is **severely** allergic to peanuts',
    '- The owner is severely allergic to peanuts, and carries an EpiPen.',
    '- The owner is severely allergic to peanuts and to cashews (hospital in 2019).',
  ])('%s', (after) => expect(isSoftened(NUTS, after)).toBe(false));
});

test('what is no warning may change', () => expect(isSoftened('- likes tea', '')).toBe(false));
