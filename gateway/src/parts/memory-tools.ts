/** Tools of the memory server that the gateway calls for the owner and his assistants. */
import { type PartClient, PartError } from './part-client.ts';

/** The owner's MEMORY.md. @returns the text for him; what is wrong where it cannot be had */
export function readMemoryFile(memory: PartClient | null): Promise<string> {
  return callMemory(memory, 'memory_read', { file: 'MEMORY.md' });
}

/** @returns what was found, as memory words it; what is wrong where it cannot be searched */
export function searchMemory(memory: PartClient | null, query: string): Promise<string> {
  return callMemory(memory, 'memory_search', { query });
}

async function callMemory(memory: PartClient | null, tool: string, input: object): Promise<string> {
  if (!memory) return 'No memory server is configured.';
  try {
    return await memory.callTool(tool, input);
  } catch (error) {
    if (!(error instanceof PartError)) throw error;
    return `The memory server does not answer (${error.message}). "mobyclaw status" shows whether it runs.`;
  }
}
