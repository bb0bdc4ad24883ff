/** The load generator as a process of its own, so that its work does not count as the measured part's. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Result } from '../load/job.ts';

const PROGRAM = fileURLToPath(new URL('../load/main.ts', import.meta.url));

export class LoadProcess {
  readonly #child: ChildProcess = fork(PROGRAM, { stdio: 'inherit' });

  /** One at a time. @throws where it could not be done */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`the load generator ended (${code})`));
      this.#child.once('exit', onExit);
      this.#child.once('message', (answer: { result?: Result; error?: string }) => {
        this.#child.off('exit', onExit);
        if (answer.result) resolve(answer.result);
        else reject(new Error(answer.error));
      });
      this.#child.send(job);
    });
  }

  close(): void {
    this.#child.disconnect();
  }
}
