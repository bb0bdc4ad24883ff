/** The fake model as a process of its own. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';

const PROGRAM = fileURLToPath(new URL('../load/fake-model.ts', import.meta.url));

export class ModelProcess {
  readonly #child: Child;
  readonly baseUrl: string;

  constructor(child: Child, baseUrl: string) {
    this.#child = child;
    this.baseUrl = baseUrl;
  }

  /** @param folder for its log */
  static async start(folder: string): Promise<ModelProcess> {
    const logFile = join(folder, 'model.log');
    const child = new Child({ args: [PROGRAM], env: {}, logFile, piped: true });
    const output = child.stdout;
    if (!output) throw new Error('the fake model has no output');
    for await (const line of createInterface({ input: output })) return new ModelProcess(child, line);
    throw new Error(`the fake model did not start (${await child.exited}); see ${logFile}`);
  }

  get port(): number {
    return Number(new URL(this.baseUrl).port);
  }

  kill(): Promise<void> {
    return this.#child.stop();
  }
}
