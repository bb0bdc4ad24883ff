/** The load generator: a process of its own, which does one job after the other as its parent asks. */
import { acceptMany } from './accept.ts';
import { firstToken } from './first-token.ts';
import { idle } from './idle.ts';
import type { Job, Result } from './job.ts';
import { tokenLag } from './token-lag.ts';

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.stack }),
  );
});
process.once('disconnect', () => process.exit(0));

function run(job: Job): Promise<Result> {
  switch (job.do) {
    case 'first-token':
      return firstToken(job);
    case 'token-lag':
      return tokenLag(job);
    case 'idle':
      return idle(job);
    case 'accept':
      return acceptMany(job);
  }
}
