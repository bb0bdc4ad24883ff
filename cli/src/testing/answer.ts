/** Types like a person at the real prompts: each answer when its question is on the screen. */
import { until } from '@mobyclaw/testkit/until';
import type { MemoryTerminal } from './memory-terminal.ts';

const DOWN = '\u001b[B';

/** An arrow key by itself, and what comes after it. */
function apart(keys: string): string[] {
  return keys.replaceAll(DOWN, `\n${DOWN}\n`).split('\n').filter(Boolean);
}

/** Types each answer once its question stands on the screen, after the one before. */
export async function answer(
  terminal: MemoryTerminal,
  dialogue: readonly (readonly [question: string, keys: string])[],
) {
  let from = 0;
  for (const [question, keys] of dialogue) {
    const at = await until(`the question "${question}" after:\n${terminal.screen.slice(-600)}`, () => {
      const found = terminal.screen.indexOf(question, from);
      return found !== -1 && found + 1;
    });
    from = at;
    for (const key of apart(keys)) {
      await new Promise((resolve) => setImmediate(resolve));
      terminal.stdin.write(key);
    }
  }
}
