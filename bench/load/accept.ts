import { Agent } from 'node:http';
import { open } from './ask.ts';
import type { Job, Result } from './job.ts';

/** A prompt counts when its `queued` event is here; its client then leaves, and the next one comes. */
export async function acceptMany(job: Extract<Job, { do: 'accept' }>): Promise<Result> {
  const { target, connections, sessions, forMs } = job;
  const agent = new Agent();
  const start = performance.now();
  let accepted = 0;
  await Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      for (let count = 0; performance.now() - start < forMs; count++) {
        const session = `api:bench-${(connection + count * connections) % sessions}`;
        const response = await open(target, '/prompt/stream', { prompt: `prompt ${count}`, session }, agent);
        await new Promise<void>((resolve) => response.once('data', () => resolve()));
        response.destroy();
        accepted++;
      }
    }),
  );
  return { samples: [], accepted, seconds: (performance.now() - start) / 1000 };
}
