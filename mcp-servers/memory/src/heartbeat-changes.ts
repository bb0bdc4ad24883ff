/**
 * Changes of HEARTBEAT.md by a tool, for the owner to be told of: what stands there Moby does by himself. Kept on disk until
 * the gateway says that the owner has been told. Noted before the change is made, so that no crash makes one go unnoticed.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { cutText } from '@mobyclaw/lib/cut-text';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { ToolError } from '@mobyclaw/mcp/tool';
import { type HeartbeatChange, heartbeatChangesSchema } from '@mobyclaw/protocol/heartbeat';

const MOST_UNTOLD = 20; // more in one turn, or while the gateway is away, is no work on a checklist
const MOST_CHARS = 1000; // of what was and what is

export class HeartbeatChanges {
  readonly #path: string;
  readonly #queue = new SerialQueue();

  constructor(home: string) {
    this.#path = join(home, 'memory', '.heartbeat-changes.json');
  }

  /**
   * Makes the change, which is told of unless it fails.
   * @throws ToolError where too many are untold: none gives way to another, or the first could be hidden by those after it
   */
  async during(change: Omit<HeartbeatChange, 'id'>, make: () => Promise<void>): Promise<void> {
    const id = uuidv7();
    const { session, was, is } = change;
    const noted = { id, session, was: clip(was), is: clip(is) };
    await this.#update((changes) => {
      if (changes.length < MOST_UNTOLD) return [...changes, noted];
      throw new ToolError(
        `${MOST_UNTOLD} changes of HEARTBEAT.md have not been told to the owner yet, so nothing was changed. Answer first; go on in the next message.`,
      );
    });
    try {
      await make();
    } catch (error) {
      await this.told(id);
      throw error;
    }
  }

  told(id: string): Promise<void> {
    return this.#update((changes) => changes.filter((change) => change.id !== id));
  }

  list(): Promise<HeartbeatChange[]> {
    return this.#queue.run(() => this.#read());
  }

  #update(transform: (changes: HeartbeatChange[]) => HeartbeatChange[]): Promise<void> {
    return this.#queue.run(async () => {
      const before = await this.#read();
      const after = transform(before);
      if (after.length !== before.length || after.at(-1) !== before.at(-1))
        await writeFileAtomic(this.#path, JSON.stringify(after));
    });
  }

  async #read(): Promise<HeartbeatChange[]> {
    try {
      const parsed = heartbeatChangesSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      return parsed.data ?? [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}

/** That there is more is said, or what matters could stand behind it. */
function clip(text: string): string {
  return text.length <= MOST_CHARS
    ? text
    : `${cutText(text, MOST_CHARS)}\n… (${text.length} characters in all)`;
}
