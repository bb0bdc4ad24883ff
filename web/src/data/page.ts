/** The page's data, wired once: the line, what it tells, the outbox. Views take what they show from here. */
import type { MessageView } from '@mobyclaw/protocol/session';
import type { AcceptedTurn } from '@mobyclaw/protocol/turn';
import { effect } from '@preact/signals';
import { ask, loggedIn, refusal } from './api.ts';
import { type AskMessages, Conversation } from './conversation.ts';
import { Live } from './live.ts';
import { type Clock, LiveLine } from './live-line.ts';
import { Outbox, type OutboxEntry } from './outbox.ts';
import { outboxDatabase } from './outbox-database.ts';
import { Resources } from './resource.ts';

const CHANNEL = 'moby-outbox';
const RETRY_MS = 3000;

export const live = new Live();
export const resources = new Resources(live);

const clock: Clock = {
  now: () => performance.now(),
  random: Math.random,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export const line = new LiveLine({
  open: (since, signal) => openStream('/api/stream', since, signal),
  apply: (block) => (typeof block === 'string' ? live.more(block) : live.apply(block)),
  async onRefused(response) {
    refusal(response.status, await response.text());
    return response.status !== 401;
  },
  clock,
});

/** A line of a view's own. @param refused why there is none; it is not tried again */
export function openLine<Block>(
  path: string,
  apply: (block: Block) => void,
  refused: (problem: string) => void,
): LiveLine<Block> {
  return new LiveLine<Block>({
    open: (since, signal) => openStream(path, since, signal),
    apply,
    async onRefused(response) {
      const problem = refusal(response.status, await response.text());
      const passes = response.status >= 500;
      if (!passes) refused(problem.message);
      return passes;
    },
    clock,
  });
}

function openStream(path: string, since: string | null, signal: AbortSignal): Promise<Response> {
  return fetch(path, {
    headers: since === null ? {} : { 'last-event-id': since },
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  });
}

let retries = false;
const others = new BroadcastChannel(CHANNEL);

export const outbox = new Outbox({
  store: outboxDatabase(),
  send,
  // Only where the address is https or of this machine; elsewhere two tabs may send the same, which is one turn all the same.
  alone: (work) => ('locks' in navigator ? navigator.locks.request(CHANNEL, work) : work()),
  tellOthers: () => others.postMessage(null),
  newKey,
  now: Date.now,
  later(work) {
    if (retries) return;
    retries = true;
    setTimeout(() => {
      retries = false;
      work();
    }, RETRY_MS);
  },
});

const askMessages: AskMessages = async (session, range) => {
  const given = Object.entries({ ...range, orEmpty: true });
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const path = `/api/sessions/${encodeURIComponent(session)}/messages?${query}`;
  return (await ask<{ items: MessageView[] }>(path)).items;
};

export function openConversation(session: string): Conversation {
  return new Conversation(session, live, askMessages);
}

/** Begins to listen, once this browser is let in. */
export async function startPage(): Promise<void> {
  const look = (): void => {
    line.look();
    void outbox.pump();
  };
  addEventListener('online', look);
  addEventListener('pageshow', look);
  document.addEventListener('resume', look);
  document.addEventListener('visibilitychange', () => (document.hidden ? line.hide() : look()));
  others.onmessage = () => void outbox.load();
  line.state.subscribe((state) => {
    if (state === 'live') void outbox.pump();
  });
  effect(() => outbox.confirm(new Set(live.turns.value.map(({ clientKey }) => clientKey.value))));
  loggedIn.subscribe((isIn) => {
    if (isIn) line.start();
    else line.stop();
  });
  await outbox.load().catch(() => undefined); // a browser that keeps nothing has kept nothing
  void outbox.pump();
}

/** Sorts by time. */
export function newKey(): string {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return `${Date.now().toString(36).padStart(9, '0')}-${[...random].map((part) => part.toString(36)).join('')}`;
}

async function send({ key, session, text, files, again }: OutboxEntry): Promise<AcceptedTurn> {
  if (again !== undefined) {
    const path = `/api/turns/${encodeURIComponent(again)}/again`;
    return ask<AcceptedTurn>(path, { method: 'POST', idempotencyKey: key });
  }
  const attachments = await Promise.all(
    files.map(async ({ content, ...file }) => ({ ...file, data: await base64(content) })),
  );
  return ask<AcceptedTurn>('/api/turns', {
    method: 'POST',
    idempotencyKey: key,
    body: { session, prompt: text, ...(attachments.length > 0 && { attachments }) },
  });
}

function base64(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ''));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(content);
  });
}
