/** A long conversation in front of a model that reads no more than 6,000 tokens; `npm run long-life` is the long one. */
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { curve, live } from '../bench/long-life/life.ts';
import { WINDOW } from '../bench/long-life/world.ts';

const TURNS = 120;

test.each([
  ['embedded', false],
  ['array', false],
  ['object', false],
  ['embedded', true],
  ['object', true],
] as const)(
  'every turn is answered, nothing is refused and nothing is forgotten (%s, head dropped: %s)',
  { timeout: 240_000 },
  async (agent, drops) => {
    const life = await live({ folder: temporaryFolder(), agent, turns: TURNS, drops });
    console.log(`${agent}${drops ? ', head dropped' : ''}\n${curve(life.tokens, 6)}`);
    expect(life.wrong).toEqual([]);
    expect(life).toMatchObject({ answered: TURNS, refused: 0, known: 20, asked: 20 });
    expect(Math.max(...life.tokens)).toBeLessThanOrEqual(WINDOW);
  },
);
