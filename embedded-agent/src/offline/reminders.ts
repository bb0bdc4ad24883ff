/**
 * Reminders through the gateway's schedule tools: what time it is comes from `now`, since the owner's zone is known
 * there; one to cancel is looked up in `schedule_list`, since people name what it is about and not its id.
 */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { ToolAnswer } from './conversation.ts';
import type { Intent } from './intent.ts';
import { sentence, toSecondPerson, toThirdPerson } from './person.ts';
import { parseTime, readNow, resolveTime } from './time-phrase.ts';

const NAME_CHARS = 80;

export type Step = { text: string } | { tool: string; input: Record<string, unknown> };

type Answers = readonly ToolAnswer[];
type Tools = ReadonlyMap<string, LanguageModelV4FunctionTool>;

interface Listed {
  id: string;
  name: string;
  /** All that the list says of it, in lower case. */
  text: string;
}

export function remind(intent: Extract<Intent, { kind: 'remind' }>, answers: Answers, tools: Tools): Step {
  const last = answers.at(-1);
  if (last?.tool === 'schedule_create') return { text: scheduled(last, message(intent.what)) };
  if (!tools.has('schedule_create') || !tools.has('now')) return { text: noTool() };
  const phrase = parseTime(intent.when);
  if (!phrase) {
    return {
      text: `I do not understand the time "${intent.when}". Say for example: in 10 minutes, tomorrow at 9, every weekday at 7:30.`,
    };
  }
  if (!last) return { tool: 'now', input: {} };
  const now = last.failed ? null : readNow(last.output);
  if (!now) return { text: `I could not find out what time it is: ${last.output}` };
  const name = [...intent.what.trim()].slice(0, NAME_CHARS).join('');
  return {
    tool: 'schedule_create',
    input: { name, message: message(intent.what), ...resolveTime(phrase, now) },
  };
}

export function listReminders(answers: Answers, tools: Tools): Step {
  const last = answers.at(-1);
  if (last) return { text: last.failed ? `I could not look that up: ${last.output}` : last.output };
  return tools.has('schedule_list') ? { tool: 'schedule_list', input: {} } : { text: noTool() };
}

/** @param which words of what it is about, or its id; empty for the only one there is */
export function cancelReminder(which: string, answers: Answers, tools: Tools): Step {
  const last = answers.at(-1);
  if (!last) {
    const able = tools.has('schedule_list') && tools.has('schedule_cancel');
    return able ? { tool: 'schedule_list', input: {} } : { text: noTool() };
  }
  if (last.failed) return { text: `I could not cancel that: ${last.output}` };
  const listed = readList(answers.find(({ tool }) => tool === 'schedule_list')?.output ?? '');
  const found = matching(listed, which);
  const [job] = found;
  if (last.tool === 'schedule_cancel') return { text: `It is cancelled: ${job?.name ?? which}` };
  if (job && found.length === 1) return { tool: 'schedule_cancel', input: { id: job.id } };
  if (listed.length === 0) return { text: 'Nothing is scheduled, so there is nothing to cancel.' };
  const choice = (found.length > 0 ? found : listed).map(({ id, name }) => `- ${name} (${id})`).join('\n');
  return { text: `Which one? Say "cancel reminder" and some words of it, or its id:\n${choice}` };
}

/** As the tool lists them: `"name" (id …), when in zone, state`, then lines about it. */
function readList(output: string): Listed[] {
  return output.split(/\n\n(?=")/).flatMap((entry) => {
    const match = /^"(.*?)" \(id ([\w-]+)\)/s.exec(entry);
    return match ? [{ name: match[1] ?? '', id: match[2] ?? '', text: entry.toLowerCase() }] : [];
  });
}

function matching(listed: readonly Listed[], which: string): Listed[] {
  const exact = listed.filter(({ id }) => id === which.trim());
  if (exact.length > 0) return exact;
  const words = which.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return listed.filter(({ text }) => words.every((word) => text.includes(word)));
}

function scheduled(answer: ToolAnswer, what: string): string {
  if (answer.failed) return `I could not set the reminder: ${answer.output}`;
  const next = /^next: (\d{4}-\d\d-\d\d)T(\d\d:\d\d)/m.exec(answer.output);
  return next
    ? `I will remind you on ${next[1]} at ${next[2]}: ${what}`
    : `The reminder is set. ${answer.output}`;
}

/** What the owner is sent at that time. */
function message(what: string): string {
  return sentence(toSecondPerson(toThirdPerson(what)));
}

function noTool(): string {
  return 'I have no tool for a schedule at the moment; look at `mobyclaw status`.';
}
