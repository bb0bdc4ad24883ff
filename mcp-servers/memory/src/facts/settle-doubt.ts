/** Carries out what the owner has decided about a doubt. A second time does nothing, since the line is as he wants it. */
import { ToolError } from '@mobyclaw/mcp/tool';
import type { Doubt, DoubtChoice } from '@mobyclaw/protocol/memory-doubt';
import type { MemoryFileName } from '../memory-file.ts';
import type { MemoryStore } from '../memory-store.ts';

/** @returns why nothing could be changed, a sentence; null where all is as he wants it */
export async function settleDoubt(
  store: MemoryStore,
  { kind, file, old, is, turn, session }: Doubt,
  choice: DoubtChoice,
): Promise<string | null> {
  const by = { asker: 'owner' as const, ...(turn && { turn }), ...(session && { session }) };
  const name = file as MemoryFileName;
  const said = 'Answered when he was asked.';
  try {
    if (kind === 'contradiction' && choice !== 'both') {
      await store.replaceLine(by, name, choice === 'old' ? is : old, '', { said, isOwners: true });
    }
    if (kind === 'warning' && choice === 'new') {
      await store.replaceLine(by, name, old, is, { said, isOwners: true });
    }
    return null;
  } catch (error) {
    if (error instanceof ToolError) return error.message;
    throw error;
  }
}
