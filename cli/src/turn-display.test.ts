/** What a person at a terminal sees of a turn while it runs. */
import { PassThrough } from 'node:stream';
import { EVENT_IDS_PER_ATTEMPT, type TurnEventData } from '@mobyclaw/protocol/events';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, it } from 'vitest';
import type { Terminal } from './terminal.ts';
import { TurnDisplay } from './turn-display.ts';

function start() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const clock = new ManualClock();
  const display = new TurnDisplay(
    { stdin: new PassThrough(), stdout, stderr, env: {} } as unknown as Terminal,
    false,
    clock,
  );
  display.show({ id: 1, type: 'started', data: { turn: 't', session: 's' } });
  return { display, clock, notes: () => String(stderr.read() ?? '') };
}

it('says after three seconds that it is at work, where nothing else has come', async () => {
  const { clock, notes } = start();
  await clock.advance(2_999);
  expect(notes()).toBe('');
  await clock.advance(1);
  expect(notes()).toBe('💭 Working on it…\n');
  await clock.advance(60_000);
  expect(notes()).toBe('');
});

it('says nothing where something has come, or nothing is to come any more', async () => {
  const spoke = start();
  spoke.display.show({ id: 2, type: 'token', data: { text: 'Hello' } });
  await spoke.clock.advance(60_000);
  expect(spoke.notes()).toBe('');
  const broke = start();
  broke.display.stopWaiting();
  await broke.clock.advance(60_000);
  expect(broke.notes()).toBe('');
});

it('tells the steps of an attempt that does the same again once, and what is new in it', () => {
  const { display, notes } = start();
  let id = 1;
  const step = (call: string, label: string, more: Partial<TurnEventData['tool']> = {}): void =>
    display.show({ id: ++id, type: 'tool', data: { id: call, name: label, label, phase: 'start', ...more } });
  step('a1', 'Reading notes');
  step('a2', 'Asking the web');
  step('a2', 'Asking the web', { phase: 'end', ok: false, summary: 'offline' });
  expect(notes()).toBe('⏳ Reading notes…\n⏳ Asking the web…\n✗ Asking the web failed: offline\n');
  id = EVENT_IDS_PER_ATTEMPT;
  step('b1', 'Reading notes');
  step('b2', 'Asking the web');
  step('b2', 'Asking the web', { phase: 'end', ok: true });
  step('b3', 'Reading notes');
  expect(notes()).toBe('⏳ Reading notes…\n');
  id = 2 * EVENT_IDS_PER_ATTEMPT;
  step('c1', 'Writing a mail');
  step('c2', 'Asking the web');
  expect(notes()).toBe('⏳ Writing a mail…\n');
});
