/** What a conversation shows, and in which order. */
import type { LiveTurnEvent } from '@mobyclaw/protocol/live';
import { expect, test } from 'vitest';
import { LiveTurn } from '../../data/live-turns.ts';
import { type ItemSources, itemsOf } from './items.ts';

const NOTHING: ItemSources = { messages: [], turns: [], entries: [], accepted: [], atEnd: true };
let arrived = 0;

function newTurn(prompt: string, ...events: LiveTurnEvent[]): LiveTurn {
  const said = { session: 'web:main', source: 'web', files: 0, at: '2026-01-01T00:00:00Z', prompt };
  const turn = new LiveTurn({ turn: ++arrived, key: prompt, ...said } as ConstructorParameters<
    typeof LiveTurn
  >[0]);
  for (const event of events) turn.apply(event);
  return turn;
}

const event = (id: number, type: string, data: object) => ({ id, type, data }) as unknown as LiveTurnEvent;
const started = event(1, 'started', { turn: 't', session: 'web:main' });
const shown = (turns: LiveTurn[]): string[] =>
  itemsOf({ ...NOTHING, turns }).items.map((item) =>
    item.kind === 'waiting' ? `${item.key} after ${item.position}` : item.key,
  );

test('what waits is shown with how many are ahead, and what has begun with its answer from the first moment', () => {
  const running = newTurn('a', started);
  expect(shown([running, newTurn('b'), newTurn('c')])).toEqual([
    'user:a after 0',
    'assistant:a',
    'user:b after 1',
    'user:c after 2',
  ]);
  expect(shown([newTurn('a', event(1, 'queued', { position: 1 }))])).toEqual(['user:a after 0']);
});

test('a turn that ended without a word has no answer; one that another answers has no place', () => {
  const silent = newTurn('a', started, event(2, 'done', { text: '' }));
  expect(shown([silent])).toEqual(['user:a after 0']);
  const spoke = newTurn('b', started, event(2, 'token', { text: 'Hi' }), event(3, 'done', { text: 'Hi' }));
  expect(shown([spoke])).toEqual(['user:b after 0', 'assistant:b']);
  const merged = newTurn('c');
  merged.mergedInto.value = 'b';
  expect(shown([merged, newTurn('d')])).toEqual(['user:c after null', 'user:d after 0']);
});
