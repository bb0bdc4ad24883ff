import { queueModeSchema } from '@mobyclaw/protocol/prompt';
import {
  activeHours,
  ageOrOff,
  duration,
  durationOrOff,
  type Form,
  FormError,
  oneOf,
  timeOfDayOrOff,
  whole,
} from './forms.ts';
import type { Topic } from './setting.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const interval: Form<number | null> = (text) => {
  const ms = durationOrOff(text);
  if (ms === null || (ms >= MINUTE_MS && ms <= DAY_MS)) return ms;
  throw new FormError('must be between 1m and 24h, or off');
};

const patience: Form<number> = (text) => {
  const ms = duration(text);
  if (ms >= 10_000 && ms <= DAY_MS) return ms;
  throw new FormError('must be between 10s and 24h');
};

export const heartbeat = {
  title: 'Heartbeat',
  settings: {
    MOBYCLAW_HEARTBEAT_INTERVAL: {
      about: 'How often Moby wakes by himself and looks at HEARTBEAT.md: 30m, 2h. off: never.',
      form: interval,
      default: '30m',
      parts: ['gateway'],
    },
    MOBYCLAW_ACTIVE_HOURS: {
      about:
        'Between which times of the day he does, in the time zone above. The span may cross midnight: 20:00-02:00.',
      form: activeHours,
      default: '08:00-23:00',
      parts: ['gateway'],
    },
  },
} as const satisfies Topic;

export const conversations = {
  title: 'Conversations',
  settings: {
    MOBYCLAW_MAX_TURNS: {
      about: 'Answers that are worked on at the same time, over all conversations.',
      form: whole(1, 4096),
      default: '16',
      parts: ['gateway'],
    },
    MOBYCLAW_QUEUE_MODE: {
      about:
        'What a message does that comes while its conversation is busy: followup (waits its turn), collect (messages that follow each other are answered together), interrupt (the running answer is stopped, the newest message counts), steer (it is put into the running answer at the next step).',
      form: oneOf(...queueModeSchema.options),
      default: 'followup',
      parts: ['gateway'],
    },
    MOBYCLAW_QUEUE_LIMIT: {
      about: 'Messages that may wait in one conversation; more are refused, with a word to the sender.',
      form: whole(1, 100_000),
      default: '100',
      parts: ['gateway'],
    },
    MOBYCLAW_ASK_TIMEOUT: {
      about:
        'How long a question to the owner waits for his answer before what it asked for is refused: whether a tool may run, say. Its conversation waits so long, others go on.',
      form: patience,
      default: '10m',
      parts: ['gateway'],
    },
    MOBYCLAW_ASK_TIMEOUT_UNASKED: {
      about: 'The same for what he does by himself: schedules and the heartbeat.',
      form: patience,
      default: '1h',
      parts: ['gateway'],
    },
    MOBYCLAW_COMPACT_AT: {
      about:
        'How full the model may get, in percent of what it can read, before a conversation is made shorter: what should last is written into the memory, a summary takes the place of all but the last exchanges. It happens by itself, after an answer.',
      form: whole(20, 90),
      default: '70',
      parts: ['gateway'],
    },
    MOBYCLAW_CONTEXT_WINDOW: {
      about:
        'How many tokens the model can read and write at once, where Moby cannot know: a model of your own, say. soul.yaml can say it of one model: provider_opts: { context_size: 8192 }.',
      form: whole(1000, 10_000_000),
      example: '8192',
      parts: ['gateway', 'agent'],
    },
    MOBYCLAW_KEEP: {
      about:
        'How long conversations are kept: 90d, 26w, 6m (months), 2y. What is older goes from the history, and is not found any more; the memory stays. off: for ever.',
      form: ageOrOff,
      default: 'off',
      parts: ['gateway', 'egress'],
    },
    MOBYCLAW_RESET_IDLE: {
      about:
        'Begin a conversation anew when it has been idle for so long: 30m, 12h, 7d. The memory stays, and so does the history. off: never by itself.',
      form: durationOrOff,
      default: 'off',
      parts: ['gateway'],
    },
    MOBYCLAW_RESET_DAILY: {
      about:
        'Begin every conversation anew each day at a time such as 04:00, in the time zone above. off: never.',
      form: timeOfDayOrOff,
      default: 'off',
      parts: ['gateway'],
    },
  },
} as const satisfies Topic;
