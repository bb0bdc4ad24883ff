/**
 * What becomes of each table when something is forgotten. A column that is not named here is a text of which nobody has said
 * whether it may hold what somebody said; a test goes over the schema for these.
 */

export interface ForgetRule {
  /** What the rows are, for people. */
  what: string;
  /** Columns whose text is replaced where it has the phrase. */
  texts?: string;
  /** The same, where only the lines that have it go. */
  lines?: string;
  /** The same inside of JSON. */
  json?: string;
  /** A row that has the phrase goes. */
  row?: true;
  /** Ids, names of settings, states: nothing that somebody said. */
  keeps?: string;
  /** SQL: only these rows; others that have the phrase are under way and are counted as left. */
  settled?: string;
  /** Columns by which whole conversations, turns and times are forgotten; the rows then go. */
  conversation?: string;
  /** With ids of turns. */
  turn?: string;
  /** Milliseconds since the epoch. */
  at?: string;
  /** The owner's configuration: only told of, with what to do. */
  told?: { columns: string; advice: string };
}

export const FORGET_RULES: Record<string, ForgetRule> = {
  messages: {
    what: 'messages',
    texts: 'text sent_by',
    keeps: 'session turn role',
    conversation: 'session',
    turn: 'turn',
    at: 'at',
  },
  turns: {
    what: 'prompts and answers',
    texts: 'prompt answer error_message sender',
    json: 'attachments notes',
    keeps:
      'id session source queue_mode state lease error_code model model_wanted merged_into deliver_channel deliver_reply_to',
    settled: `state NOT IN ('queued', 'running')`,
    conversation: 'session',
  },
  events: { what: 'steps of answers', texts: 'data', keeps: 'type' },
  sessions: {
    what: 'names of conversations',
    texts: 'title',
    keeps: 'key agent agent_session queue_mode voice model context_source context_model',
  },
  inbox: { what: 'keys of messages', row: true, texts: 'key', keeps: 'turn body_hash' },
  turn_pieces: {
    what: 'parts of messages',
    row: true,
    texts: 'key before text',
    keeps: 'turn',
    turn: 'turn',
    at: 'at',
  },
  arrivals: {
    what: 'messages that came in',
    json: 'event',
    keeps: 'key channel',
    settled: 'event IS NULL',
  },
  deliveries: {
    what: 'messages that were sent',
    texts: 'text',
    json: 'files',
    keeps: 'id channel reply_to turn kind state question button_key',
    settled: `state = 'done'`,
    conversation: 'channel',
    turn: 'turn',
    at: 'created_at',
  },
  delivery_parts: {
    what: 'parts of messages that were sent',
    texts: 'error',
    json: 'part',
    keeps: 'action message nonce state',
    settled: `delivery IN (SELECT seq FROM deliveries WHERE state = 'done')`,
  },
  live_messages: { what: '', keeps: 'turn channel message shown nonce' },
  questions: {
    what: 'questions to you',
    texts: 'title text outcome',
    json: 'details options input answer',
    keeps: 'id kind state turn session asker source calls subject fallback chat',
    settled: `state <> 'open'`,
    conversation: 'session',
    turn: 'turn',
    at: 'asked_at',
  },
  summaries: {
    what: 'lines of summaries',
    lines: 'text',
    keeps: 'session',
    conversation: 'session',
    at: 'at',
  },
  compactions: {
    what: 'lines of summaries that are being made',
    lines: 'summary wish reason',
    keeps: 'session why state agent_session agent flush',
    conversation: 'session',
    at: 'created_at',
  },
  learned_windows: { what: '', keeps: 'model' },
  question_uses: { what: '', keeps: 'question turn subject' },
  jobs: { what: 'schedules', json: 'definition', texts: 'notice', keeps: 'id ended' },
  job_runs: {
    what: 'runs of schedules',
    texts: 'detail text delivery_error',
    json: 'task',
    keeps: 'id job key trigger state outcome turn usage delivery channel',
    settled: `state = 'ended'`,
    turn: 'turn',
    at: 'claimed_at',
  },
  heartbeat: { what: 'what the heartbeat has seen', texts: 'told', json: 'seen' },
  beats: {
    what: 'beats',
    texts: 'detail text why',
    json: 'seen',
    keeps: 'trigger state outcome turn usage channel',
    settled: `state = 'ended'`,
    turn: 'turn',
    at: 'started_at',
  },
  people: { what: 'names of people', texts: 'name', keeps: 'platform user role channel' },
  pairings: { what: 'names of strangers', texts: 'name', keeps: 'code platform user channel' },
  closed_groups: { what: 'titles of groups', texts: 'title', keeps: 'channel' },
  allowed_groups: { what: '', keeps: 'channel' },
  threads: { what: '', keeps: 'channel parent' },
  renamed_chats: { what: '', keeps: 'channel current' },
  guest_turns: { what: '', keeps: 'channel day' },
  channel_memory: { what: '', keeps: 'platform name value' }, // where a platform's messages were read up to
  left_agent_sessions: { what: '', keeps: 'id' },
  hook_deliveries: { what: 'names of events of hooks', texts: 'event', keeps: 'hook delivery turn' },
  hooks: {
    what: 'webhooks',
    keeps: 'proof secret channel session events',
    told: {
      columns: 'name template',
      advice: 'It stands in the webhook {}: remove it with ./mobyclaw hooks.',
    },
  },
  tokens: {
    what: 'tokens',
    keeps: 'id scope hash',
    told: { columns: 'name', advice: 'A token is named so: revoke it with ./mobyclaw token.' },
  },
  spoken_answers: { what: '', keeps: 'turn delivery channel reply_to' },
  push_subscriptions: { what: '', keeps: 'id login endpoint p256dh auth' },
  owner_notices: { what: '', keeps: 'key' },
  budget_notices: { what: 'words about the budget', texts: 'text', keeps: 'key' },
};

export const FORGOTTEN = '(forgotten)';

export function columnsOf(names: string | undefined): string[] {
  return names === undefined ? [] : names.split(' ');
}
