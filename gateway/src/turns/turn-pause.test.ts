import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { TurnPause } from './turn-pause.ts';

test('POST /api/pause lets what runs end and starts nothing; DELETE lets what waited begin', async () => {
  const moby = await openHarness();
  const running = await moby.start('tell me tokens=40 interval=20ms', { session: 'api:a' });
  const pause = async (): Promise<number> => {
    const { status, body } = await moby.call('POST', '/api/pause', { body: { seconds: 60 } });
    expect([status, Date.parse(body.until) > Date.now()]).toEqual([200, true]);
    return body.running;
  };
  expect(await pause()).toBe(1);
  const waiting = await moby.start('and you? tokens=1', { session: 'api:b' });
  const told = await running.stream.all();
  expect(told.at(-1)?.type).toBe('done');
  expect(await pause()).toBe(0);
  expect((await moby.call('GET', `/api/turns/${waiting.turn}`)).body.state).toBe('queued');
  expect((await moby.call('DELETE', '/api/pause')).status).toBe(204);
  expect((await waiting.stream.all()).at(-1)?.type).toBe('done');
});

test('it is the owner’s to ask, and for minutes at most', async () => {
  const moby = await openHarness();
  expect((await moby.call('POST', '/api/pause', { body: { seconds: 3600 } })).status).toBe(422);
  const { body } = await moby.call('POST', '/api/tokens', { body: { name: 'looker', scope: 'read' } });
  const headers = { authorization: `Bearer ${body.secret ?? body.token}` };
  expect((await moby.call('POST', '/api/pause', { body: { seconds: 10 }, headers })).status).toBe(403);
});

test('it ends by itself where nobody asks for it any more, and is held once however often it is asked for', async () => {
  const clock = new ManualClock();
  let held = 0;
  const lanes = {
    hold: () => {
      held++;
      return { resume: () => void held-- };
    },
  };
  const pause = new TurnPause({ lanes, clock, logger: silentLogger });
  for (let second = 0; second < 5; second++) {
    expect(pause.keep(20_000)).toBe(clock.now() + 20_000);
    await clock.advance(1_000);
  }
  expect(held).toBe(1);
  await clock.advance(18_999);
  expect(held).toBe(1);
  await clock.advance(1);
  expect(held).toBe(0);
  pause.end();
  expect([held, clock.waiting]).toEqual([0, 0]);
});
