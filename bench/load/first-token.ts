import { hasToken, makeSession, openAnswer, readAnswer } from './ask.ts';
import type { Job, Result } from './job.ts';

/** From sending the prompt to the first token of its answer. The first round warms up and does not count. */
export async function firstToken(job: Extract<Job, { do: 'first-token' }>): Promise<Result> {
  const { target, rounds, prompt, pauseMs } = job;
  const numbers = Array.from({ length: job.sessions }, (_, index) => index);
  const sessions = await Promise.all(numbers.map((index) => makeSession(target, index)));
  const samples: number[] = [];

  async function ask(session: string): Promise<number> {
    const start = performance.now();
    let first = 0;
    await readAnswer(await openAnswer(target, session, prompt), (events) => {
      if (first === 0 && hasToken(target, events)) first = performance.now() - start;
    });
    if (first === 0) throw new Error('an answer had no token');
    return first;
  }

  await Promise.all(sessions.map(ask));
  if (pauseMs === 'at once') {
    for (let round = 0; round < rounds; round++) samples.push(...(await Promise.all(sessions.map(ask))));
  } else {
    await Promise.all(
      sessions.map(async (session) => {
        for (let round = 0; round < rounds; round++) {
          await pause(pauseMs[0] + Math.random() * (pauseMs[1] - pauseMs[0]));
          samples.push(await ask(session));
        }
      }),
    );
  }
  return { samples, accepted: 0, seconds: 0 };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
