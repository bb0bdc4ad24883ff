import { makeSession, openAnswer, readAnswer } from './ask.ts';
import type { Job, Result } from './job.ts';

const STARTS_WITHIN_MS = 1000; // real streams do not tick together

/** From the moment a token was sent, which is its text, to the moment it is here, for as long as all streams run. */
export async function tokenLag(job: Extract<Job, { do: 'token-lag' }>): Promise<Result> {
  const { target, streams, prompt, warmUpMs } = job;
  const numbers = Array.from({ length: streams }, (_, index) => index);
  const sessions = await Promise.all(numbers.map((index) => makeSession(target, index)));
  const samples: number[] = [];
  const countFrom = performance.now() + STARTS_WITHIN_MS + warmUpMs;
  let allRun = true;
  await Promise.all(
    sessions.map(async (session) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * STARTS_WITHIN_MS));
      await readAnswer(await openAnswer(target, session, prompt), (events) => {
        const now = performance.now();
        if (now < countFrom || !allRun) return;
        for (const [, sent] of events.matchAll(/"(\d{13}\.\d{3}) "/g)) {
          samples.push(performance.timeOrigin + now - Number(sent));
        }
      });
      allRun = false;
    }),
  );
  return { samples, accepted: 0, seconds: 0 };
}
