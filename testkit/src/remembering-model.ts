/**
 * A model that knows nothing but what it reads: it is told codes, asked for them, writes them down and sums up when it is told to,
 * and sums up badly, so that what is known at the end was kept by whoever asked it. As a fake cagent's script, and as answers
 * of a chat-completions server.
 */
import { RECALLED } from '@mobyclaw/protocol/recalled';
import type { FakePrompt, Script } from './fake-agent/fake-agent.ts';
import type { Step } from './fake-agent/script.ts';
import type { ModelRequest, ScriptedAnswer } from './fake-model.ts';

export interface Seen {
  role: string;
  text: string;
  calls?: readonly { name: string; args: string }[];
}

export type Thought = { text: string } | { calls: { name: string; args: Record<string, unknown> }[] };

const FACT = /The code of the ([a-z ]+?) is ([A-Z]\d-\d{4})\./g;
const QUESTION = /What is the code of the ([a-z ]+)\?/;
const WRITTEN_AT_ONCE = 6;
const FILLER =
  'I have taken note of it and will keep it in mind for the next time that you ask me about such things.';

export function factSentence(thing: string, code: string): string {
  return `The code of the ${thing} is ${code}.`;
}

export function factQuestion(thing: string): string {
  return `What is the code of the ${thing}?`;
}

/** @param text of a prompt, without its block */
export function isUpkeep(text: string): boolean {
  return /^Write (down what|a summary)/.test(text);
}

export function think(seen: readonly Seen[]): Thought {
  const at = seen.findLastIndex(({ role }) => role === 'user');
  const prompt = seen[at]?.text ?? '';
  const since = seen.slice(at + 1);
  if (prompt.includes('note: upkeep')) {
    return prompt.includes('Answer with the summary alone') ? summary(prompt) : flush(seen, since);
  }
  const asked = QUESTION.exec(prompt.slice(prompt.lastIndexOf('[/moby-context]')));
  return asked?.[1] === undefined ? { text: FILLER } : answer(asked[1], seen, since);
}

function facts(texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts)
    for (const [, thing = '', code = ''] of text.matchAll(FACT)) found.set(thing, code);
  return found;
}

function flush(seen: readonly Seen[], since: readonly Seen[]): Thought {
  const noted = facts(seen.flatMap(({ calls = [] }) => calls.map(({ args }) => args)));
  const told = facts(seen.filter(({ role }) => role === 'user').map(({ text }) => withoutRecalled(text)));
  const open = [...told].filter(([thing]) => !noted.has(thing)).slice(0, WRITTEN_AT_ONCE);
  if (open.length === 0) return { text: since.length > 0 ? 'DONE' : 'NOTHING' };
  const calls = open.map(([thing, code]) => ({
    name: 'memory_append',
    args: { text: factSentence(thing, code), section: 'Codes' },
  }));
  return { calls };
}

/** What was shown or found out of the memory is not to be written down again, and the block in front of a message says so. */
function withoutRecalled(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes(RECALLED))
    .join('\n');
}

/** Leaves out all that matters. */
function summary(prompt: string): Thought {
  const count = prompt.split('\n').filter((line) => line.startsWith('> person:')).length;
  return {
    text: `## About\nThe person tells codes of things; ${count} messages were exchanged.\n## Open\nNothing.`,
  };
}

function answer(thing: string, seen: readonly Seen[], since: readonly Seen[]): Thought {
  const texts = seen.map(({ text }) => text.replaceAll(/[«»]/g, ''));
  const known = facts(texts).get(thing) ?? besides(texts, thing);
  if (known !== undefined) return { text: `It is ${known}.` };
  const asked = since.flatMap(({ calls = [] }) => calls.map(({ name }) => name));
  const next = ['memory_search', 'history_search'].find((name) => !asked.includes(name));
  if (next === undefined) return { text: 'I do not know it.' };
  return { calls: [{ name: next, args: { query: `code of the ${thing}`, limit: 3 } }] };
}

/** Notes put as "red boat: K7-4431". */
function besides(texts: readonly string[], thing: string): string | undefined {
  const form = new RegExp(`${thing}:? ([A-Z]\\d-\\d{4})`);
  return texts.map((text) => form.exec(text)?.[1]).find((code) => code !== undefined);
}

/** For `startFakeModel`. */
export function thoughtAnswer(request: ModelRequest): ScriptedAnswer {
  const seen = request.messages.map(({ role, content, tool_calls = [] }) => ({
    role,
    text: textOf(content),
    calls: tool_calls.map(({ function: fn }) => ({ name: fn.name, args: fn.arguments })),
  }));
  const thought = think(seen);
  if ('text' in thought) return { text: [thought.text] };
  const toolCalls = thought.calls.map(({ name, args }, index) => ({
    id: `call_${request.messages.length}_${index}`,
    name,
    arguments: JSON.stringify(args),
  }));
  return { toolCalls };
}

/** For `startFakeAgent`. @param act calls a tool with the run's capability */
export function* thoughtScript(
  { reads, capability }: FakePrompt,
  act: (capability: string, tool: string, input: object) => Promise<{ text: string; isError: boolean }>,
): Script & Generator<Step> {
  for (let rounds = 0; rounds < 20; rounds++) {
    const seen = reads().map(({ role, content = '', tool_calls = [] }) => ({
      role,
      text: content,
      calls: tool_calls.map(({ function: fn }) => ({ name: fn.name ?? '', args: fn.arguments ?? '' })),
    }));
    const thought = think(seen);
    if ('text' in thought) {
      yield { do: 'text', text: thought.text };
      return;
    }
    const calls = thought.calls.map(({ name, args }) => {
      const call: ToolCall = { name, args };
      call.act = async () => {
        const { text, isError } = await act(capability, name, args);
        call.fails = isError;
        return text;
      };
      return call;
    });
    yield { do: 'tools', calls };
  }
}

type ToolCall = Extract<Step, { do: 'tools' }>['calls'][number];

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}
