/** `GET /heartbeat` for the gateway, which decides from it whether a heartbeat has anything to look at. */
import { createHash } from 'node:crypto';
import type { Route } from '@mobyclaw/mcp/route';
import type { HeartbeatFiles } from '@mobyclaw/protocol/heartbeat';
import { HEARTBEAT, isGuestNotes, type MemoryFileName } from './memory-file.ts';
import type { MemoryStore } from './memory-store.ts';
import { memoryFiles } from './search/changed-files.ts';

const MOMENT = /\b\d{4}-\d\d-\d\d(?:[T ,]{1,2}\d\d:\d\d)?\b/g;
const MOST_TIMES = 200;

export function heartbeatRoute(home: string, store: MemoryStore): Route {
  return { method: 'GET', path: '/heartbeat', answer: () => heartbeatFiles(home, store) };
}

async function heartbeatFiles(home: string, store: MemoryStore): Promise<HeartbeatFiles> {
  const hash = createHash('sha256');
  const times = new Set<string>();
  const recent = new Date(Date.parse(store.today().date) - 86_400_000).toISOString().slice(0, 10);
  for (const name of memoryFiles(home)) {
    if (name === HEARTBEAT || isGuestNotes(name)) continue; // no guest decides when Moby wakes
    const text = (await store.readable(name)) ?? '';
    hash.update(`${name}\0${text.length}\0`).update(text);
    for (const [moment] of text.matchAll(MOMENT)) if (moment.slice(0, 10) >= recent) times.add(moment);
  }
  const list = (await store.readable(HEARTBEAT as MemoryFileName)) ?? '';
  return { text: list, memoryHash: hash.digest('base64url'), times: [...times].sort().slice(0, MOST_TIMES) };
}
