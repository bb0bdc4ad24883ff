import { join } from 'node:path';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { SessionStore } from '../store/session-store.ts';
import { MessageWriter } from './message-writer.ts';

it('writes an answer that streams a tenth of a second after its first piece, and then as often as it grows', async () => {
  const store = new SessionStore(join(temporaryFolder(), 'session.db'));
  onTestFinished(() => store.close());
  const { id } = store.create({ workingDir: null, toolsApproved: true, permissions: null, now: new Date(0) });
  const clock = new ManualClock();
  const draft = new MessageWriter(store, id, 'root', clock).draft();
  const stored = () => store.messages(id).map(({ message }) => message.content);

  draft.text('One ');
  await clock.advance(99);
  expect(stored()).toEqual([]);
  draft.text('two ');
  await clock.advance(1);
  expect(stored()).toEqual(['One two ']);
  await clock.advance(1000);
  draft.text('three');
  await clock.advance(100);
  expect(stored()).toEqual(['One two three']);
  draft.text('!');
  draft.flush();
  expect(stored()).toEqual(['One two three!']);
  expect(clock.waiting).toBe(0);
});
