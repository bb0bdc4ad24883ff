/**
 * The schema of gateway.db, as numbered steps, one a file; a step is never edited once released. Times are milliseconds since
 * the epoch. `turns.seq` is the order of arrival, whatever the clock does.
 */
import { GATEWAY_SCHEMA } from '@mobyclaw/protocol/schema-version';
import { CONVERSATIONS_SCHEMA } from './migrations/001-conversations.ts';
import { SCHEDULER_SCHEMA } from './migrations/002-scheduler.ts';
import { CHANNELS_SCHEMA } from './migrations/003-channels.ts';
import { WEBHOOKS_SCHEMA } from './migrations/004-webhooks.ts';
import { BUDGET_SCHEMA } from './migrations/005-budget.ts';
import { GUESTS_SCHEMA } from './migrations/006-guests.ts';
import { CLOSED_GROUPS_SCHEMA } from './migrations/007-closed-groups.ts';
import { LIVE_SCHEMA } from './migrations/008-live.ts';
import { BUDGET_NOTICES_SCHEMA } from './migrations/009-budget-notices.ts';
import { SENT_SCHEMA } from './migrations/010-sent.ts';
import { STRETCHES_SCHEMA } from './migrations/011-stretches.ts';
import { HOOK_EVENTS_SCHEMA } from './migrations/012-hook-events.ts';
import { PIECES_SCHEMA } from './migrations/013-pieces.ts';
import { CACHE_WRITES_SCHEMA } from './migrations/014-cache-writes.ts';
import { ARRIVAL_TRIES_SCHEMA } from './migrations/015-arrival-tries.ts';
import { RENAMES_SCHEMA } from './migrations/016-renames.ts';
import { AGENT_SESSIONS_SCHEMA } from './migrations/017-agent-sessions.ts';
import { GUEST_TURNS_SCHEMA } from './migrations/018-guest-turns.ts';
import { HOOK_SESSIONS_SCHEMA } from './migrations/019-hook-sessions.ts';
import { REPORTS_SCHEMA } from './migrations/020-reports.ts';
import { CONFINEMENT_SCHEMA } from './migrations/021-confinement.ts';
import { CUT_SCHEMA } from './migrations/022-cut.ts';
import { QUESTIONS_SCHEMA } from './migrations/023-questions.ts';
import { ALWAYS_SCHEMA } from './migrations/024-always.ts';
import { HISTORY_INDEX_SCHEMA } from './migrations/025-history-index.ts';
import { QUESTION_MESSAGES_SCHEMA } from './migrations/026-question-messages.ts';
import { PAGE_SCHEMA } from './migrations/027-page.ts';
import { COMPACTION_SCHEMA } from './migrations/028-compaction.ts';
import { AGES_SCHEMA } from './migrations/029-ages.ts';
import { PUSH_SCHEMA } from './migrations/030-push.ts';
import { OWNER_NOTICES_SCHEMA } from './migrations/031-owner-notices.ts';
import { SPEECH_SCHEMA } from './migrations/032-speech.ts';
import { MODELS_SCHEMA } from './migrations/033-models.ts';

export const MIGRATIONS = [
  CONVERSATIONS_SCHEMA,
  SCHEDULER_SCHEMA,
  CHANNELS_SCHEMA,
  WEBHOOKS_SCHEMA,
  BUDGET_SCHEMA,
  GUESTS_SCHEMA,
  CLOSED_GROUPS_SCHEMA,
  LIVE_SCHEMA,
  BUDGET_NOTICES_SCHEMA,
  SENT_SCHEMA,
  STRETCHES_SCHEMA,
  HOOK_EVENTS_SCHEMA,
  PIECES_SCHEMA,
  CACHE_WRITES_SCHEMA,
  ARRIVAL_TRIES_SCHEMA,
  RENAMES_SCHEMA,
  AGENT_SESSIONS_SCHEMA,
  GUEST_TURNS_SCHEMA,
  HOOK_SESSIONS_SCHEMA,
  REPORTS_SCHEMA,
  CONFINEMENT_SCHEMA,
  CUT_SCHEMA,
  QUESTIONS_SCHEMA,
  ALWAYS_SCHEMA,
  HISTORY_INDEX_SCHEMA,
  QUESTION_MESSAGES_SCHEMA,
  PAGE_SCHEMA,
  COMPACTION_SCHEMA,
  AGES_SCHEMA,
  PUSH_SCHEMA,
  OWNER_NOTICES_SCHEMA,
  SPEECH_SCHEMA,
  MODELS_SCHEMA,
] as const satisfies readonly string[];

/** Another step is counted in `protocol/src/schema-version.ts` too. */
GATEWAY_SCHEMA satisfies typeof MIGRATIONS.length;
