/** All texts of the page, in English: a file of `texts/` a view. */
import { channels } from './texts/channels.ts';
import { chat, chats } from './texts/chat.ts';
import { common } from './texts/common.ts';
import { edit } from './texts/edit.ts';
import { egress } from './texts/egress.ts';
import { health } from './texts/health.ts';
import { memory } from './texts/memory.ts';
import { questions } from './texts/questions.ts';
import { heartbeat, schedules } from './texts/schedules.ts';
import { push, settings } from './texts/settings.ts';
import { skills } from './texts/skills.ts';
import { soul } from './texts/soul.ts';
import { start } from './texts/start.ts';
import { usage } from './texts/usage.ts';

export const t = {
  ...common,
  chats,
  chat,
  questions,
  edit,
  memory,
  soul,
  skills,
  usage,
  health,
  egress,
  start,
  schedules,
  heartbeat,
  channels,
  settings,
  push,
};
