import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { SOURCE } from '../processes/gateway-process.ts';
import { Random } from '../soak/random.ts';
import { bystandersLine, type Cell, insert, isBad, measureCell, table } from './table.ts';

function cell(change: Partial<Cell['count']> & { seconds?: number | null } = {}): Cell {
  const { seconds = 1.23, ...count } = change;
  return {
    count: { asked: 4, lost: 0, twice: 0, fragments: 0, unknown: 0, ...count },
    seconds,
    bystanders: { asked: 2, answered: 2, slowestMs: 640 },
  };
}

test('a cell is measured with a real gateway, a real adapter and a fault', async () => {
  const measured = await measureCell({
    folder: temporaryFolder(),
    program: SOURCE,
    scenario: 'conflict',
    platform: 'telegram',
    others: [],
    random: new Random(1),
    patienceMs: 60_000,
  });
  expect(measured).toMatchObject({ count: { asked: 4, lost: 0, twice: 0, unknown: 0 } });
  expect(table({ conflict: { telegram: measured } })).toMatch(
    /\| 0 \/ 0 \/ 0 \/ [\d.]+ s \| not measured \|/,
  );
}, 120_000);

test('what has no meaning on a platform is not measured there', async () => {
  const options = { folder: temporaryFolder(), program: SOURCE, random: new Random(1), patienceMs: 1 };
  expect(await measureCell({ ...options, scenario: 'conflict', platform: 'slack', others: [] })).toBe('none');
});

test('the table says what was measured, and what was not', () => {
  const text = table({
    outage: { telegram: cell(), discord: 'none' },
    hung: { slack: cell({ unknown: 1, seconds: null }) },
  });
  const [heads, , outage, hung] = text.split('\n');
  expect(heads).toBe('| | Telegram | Discord | Slack | WhatsApp |');
  expect(outage).toContain('| 0 / 0 / 0 / 1.2 s | – | not measured | not measured |');
  expect(hung).toContain('| not measured | not measured | 0 / 0 / 1 / on `/resend` | not measured |');
  expect(bystandersLine({ outage: { telegram: cell(), discord: cell() } })).toContain('4 of 4');
});

test('a lost message and a second answer are bad, a send in doubt is not', () => {
  expect([cell({ lost: 1 }), cell({ twice: 1 }), cell({ unknown: 1 })].map(isBad)).toEqual([
    true,
    true,
    false,
  ]);
});

test('the table goes between its markers, and nowhere else', () => {
  const readme = 'before\n<!-- faults -->\nold\n<!-- /faults -->\nafter';
  expect(insert(readme, 'new')).toBe('before\n<!-- faults -->\nnew\n<!-- /faults -->\nafter');
  expect(() => insert('nothing here', 'new')).toThrow('There is no place for the table');
});
