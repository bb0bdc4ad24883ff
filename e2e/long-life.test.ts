/** A long conversation in front of a model that reads no more than 6,000 tokens; `npm run long-life` is the long one. */
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { killOverCompactions } from '../bench/long-life/kills.ts';
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
  { timeout: 480_000, retry: 0 }, // a second try would hide what was lost in the first
  async (agent, drops) => {
    const life = await live({ folder: temporaryFolder(), agent, turns: TURNS, drops });
    console.log(`${agent}${drops ? ', head dropped' : ''}\n${curve(life.tokens, 6)}`);
    expect(life.wrong).toEqual([]);
    expect(life).toMatchObject({ answered: TURNS, refused: 0, known: 20, asked: 20 });
    expect(Math.max(...life.tokens)).toBeLessThanOrEqual(WINDOW);
  },
);

test.each(['array', 'object'] as const)(
  'killed over compactions: no part of a conversation is given up unwritten, nothing is written twice (%s)',
  { timeout: 480_000, retry: 0 }, // a second try would hide what was lost in the first
  async (agent) => {
    const seed = Number(process.env.MOBYCLAW_KILL_SEED ?? Date.now() % 1_000_000);
    const { violations, ...counts } = await killOverCompactions({
      folder: temporaryFolder(),
      agent,
      kills: 16,
      seed,
    });
    console.log(JSON.stringify(counts));
    expect(violations.slice(0, 5).join('\n'), `seed ${seed}`).toBe('');
    expect(counts.kills).toBe(16);
  },
);
