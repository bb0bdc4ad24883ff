/** Conversations and their messages as the API shows them. */
import type { QueueMode } from '@mobyclaw/protocol/prompt';
import type { Context, MessageView, SearchHit, SessionView } from '@mobyclaw/protocol/session';
import type { Fullness, Windows } from '../compaction/windows.ts';
import type { HitRow } from '../store/history-index.ts';
import type { MessageRow } from '../store/message-store.ts';
import type { SessionRow } from '../store/session-store.ts';
import type { Store } from '../store/store.ts';
import type { TurnSummary } from '../store/turn-summary-store.ts';
import type { TurnService } from '../turns/turn-service.ts';

export interface SessionViewServices {
  store: Store;
  turns: TurnService;
  windows: Windows;
  defaultQueueMode: QueueMode;
}

export function toSessionView(
  { store, turns, windows, defaultQueueMode }: SessionViewServices,
  session: SessionRow,
): SessionView {
  const running = turns.lanes.runningIn(session.key);
  const queued = store.turns.countWaiting(session.key);
  const fullness = windows.fullness(store.contexts.of(session.key));
  const opening = store.messages.opening(session.key);
  return {
    key: session.key,
    state: running ? 'running' : queued > 0 ? 'queued' : 'idle',
    ...(running ? { running } : {}),
    queued,
    queueMode: session.queueMode ?? defaultQueueMode,
    ...(session.model === null ? {} : { model: session.model }),
    ...(session.title === null ? {} : { title: session.title }),
    ...(opening === null ? {} : { opening }),
    messages: store.messages.count(session.key),
    ...(fullness ? { context: toContextView(fullness) } : {}),
    createdAt: new Date(session.createdAt).toISOString(),
    lastActiveAt: new Date(session.lastActiveAt).toISOString(),
  };
}

export function toContextView({ tokens, window, share }: Fullness): Context {
  return { tokens, window: window.tokens, share: Math.round(share * 1000) / 1000, source: window.source };
}

/** With what their turns add: files at the question, usage at the answer, the reason at the end of what was not answered. */
export function toMessageViews(store: Store, rows: readonly MessageRow[]): MessageView[] {
  const summaries = store.turnSummaries.of(new Set(rows.map(({ turn }) => turn)));
  const lastOf = new Map(rows.map(({ turn, id }) => [turn, id]));
  return rows.map((row) => {
    const summary = summaries.get(row.turn);
    return { ...toMessageView(row), ...(summary && added(row, summary, lastOf.get(row.turn) === row.id)) };
  });
}

function added(
  { role, sentBy }: MessageRow,
  { files, error, usage }: TurnSummary,
  isLast: boolean,
): Partial<MessageView> {
  if (sentBy !== null || role === 'marker') return {};
  return {
    ...(role === 'user' && files.length > 0 ? { files } : {}),
    ...(isLast && error ? { error } : {}),
    ...(role === 'assistant' && usage ? { usage } : {}),
  };
}

export function toMessageView(row: MessageRow): MessageView {
  return {
    id: row.id,
    session: row.session,
    turn: row.turn,
    role: row.role,
    text: row.text,
    ...(row.incomplete ? { incomplete: true } : {}),
    ...(row.sentBy === null ? {} : { sentBy: row.sentBy }),
    at: new Date(row.at).toISOString(),
  };
}

export function toHit(row: HitRow): SearchHit {
  const { snippet, score, speaker, title, before, after } = row;
  return {
    ...toMessageView(row),
    ...{ snippet, score },
    ...(speaker === null ? {} : { speaker }),
    ...(title === null ? {} : { title }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
  };
}
