/**
 * What the offline mode does next: say something, or call one tool. Everything it can do it does through the tools it
 * is offered, like any model; without a tool for something, it says so.
 */

import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { cutText } from '@mobyclaw/lib/cut-text';
import type { Conversation, ToolAnswer } from './conversation.ts';
import { type Intent, readIntent } from './intent.ts';
import { sentence, toSecondPerson, toThirdPerson } from './person.ts';
import { answerFrom, factLines, searchWords, topic } from './recall.ts';
import { cancelReminder, listReminders, remind } from './reminders.ts';

export const OFFLINE_NOTICE =
  "No language model is set: this is Moby's offline mode, by simple rules. I can remember, recall and list things. For the real Moby " +
  'run ./mobyclaw init, or write a key such as ANTHROPIC_API_KEY=… into .env, then ./mobyclaw up.';

export type Reply = { text: string } | { tool: string; input: Record<string, unknown> };

type Tools = ReadonlyMap<string, LanguageModelV4FunctionTool>;

export function nextReply(conversation: Conversation, tools: Tools): Reply {
  const intent = readIntent(conversation.message);
  const reply = respond(intent, conversation.answers, tools);
  if (!('text' in reply) || !conversation.first || intent.kind === 'heartbeat') return reply;
  return {
    text: `${OFFLINE_NOTICE}\n\n${reply.text}`,
  };
}

function respond(intent: Intent, answers: readonly ToolAnswer[], tools: Tools): Reply {
  const last = answers.at(-1);
  switch (intent.kind) {
    case 'heartbeat':
      return { text: 'HEARTBEAT_OK' };
    case 'greeting':
      return { text: "Hello! I'm Moby." };
    case 'thanks':
      return { text: "You're welcome." };
    case 'help':
      return { text: helpText(tools) };
    case 'forget':
      return {
        text: 'I cannot remove things in offline mode. Open MEMORY.md and delete the line; it counts at once.',
      };
    case 'remember':
      return last ? remembered(intent.statement, last) : remember(intent.statement, tools);
    case 'log':
      if (last)
        return { text: last.failed ? `I could not log that: ${last.output}` : "Added to today's log." };
      return call(tools, 'memory_log', { text: sentence(intent.entry) }, 'a daily log');
    case 'recall':
      return recall(intent.question, answers, tools);
    case 'show-memory':
      if (last)
        return {
          text: last.failed ? `I could not read my memory: ${last.output}` : shownMemory(last.output),
        };
      return call(
        tools,
        tools.has('memory_read') ? 'memory_read' : 'memory_list',
        { file: 'MEMORY.md' },
        'a memory',
      );
    case 'list-files':
      if (last) return { text: last.failed ? `I could not list my memory: ${last.output}` : last.output };
      return call(tools, 'memory_list', {}, 'a memory');
    case 'remind':
      return remind(intent, answers, tools);
    case 'list-reminders':
      return listReminders(answers, tools);
    case 'cancel-reminder':
      return cancelReminder(intent.which, answers, tools);
    case 'unknown':
      return {
        text: `I did not understand that: offline I know a few forms of words only. ${helpText(tools)}`,
      };
  }
}

function remember(statement: string, tools: Tools): Reply {
  const fact = toThirdPerson(statement);
  return call(tools, 'memory_append', { section: sectionFor(fact), text: fact }, 'a memory');
}

function remembered(statement: string, answer: ToolAnswer): Reply {
  if (answer.failed) return { text: `I could not write that down: ${answer.output}` };
  const fact = toSecondPerson(toThirdPerson(statement));
  return { text: `I will remember it: ${fact.charAt(0).toLowerCase()}${fact.slice(1)}` };
}

function recall(question: string, answers: readonly ToolAnswer[], tools: Tools): Reply {
  const found = answers.filter((answer) => !answer.failed);
  for (const { output } of found) {
    const answer = answerFrom(output, question);
    if (answer) return { text: answer };
  }
  const asked = new Set(answers.map((answer) => answer.tool));
  if (!asked.has('memory_search') && tools.has('memory_search')) {
    return {
      tool: 'memory_search',
      input: { query: searchWords(question).join(' ') || cutText(question, 500) },
    };
  }
  if (!asked.has('memory_read') && tools.has('memory_read')) {
    return { tool: 'memory_read', input: { file: 'MEMORY.md' } };
  }
  if (answers.length === 0) return { text: missing('a memory') };
  if (found.length === 0) return { text: `I could not search my memory: ${answers.at(-1)?.output}` };
  return { text: `I have nothing about "${topic(question)}" in my memory.` };
}

function call(tools: Tools, tool: string, input: Record<string, unknown>, what: string): Reply {
  return tools.has(tool) ? { tool, input: tool === 'memory_list' ? {} : input } : { text: missing(what) };
}

function missing(what: string): string {
  return `I have no tool for ${what} at the moment; look at \`mobyclaw status\`.`;
}

function shownMemory(output: string): string {
  const facts = factLines(output);
  if (facts.length === 0) return 'My memory is empty so far. Say "Remember that …" to fill it.';
  return `This is what I remember:\n${facts.map((fact) => `- ${toSecondPerson(fact)}`).join('\n')}`;
}

function helpText(tools: Tools): string {
  const can = [
    '- "Remember that my name is Alice" · "I live in Oslo"',
    '- "What\'s my name?" · "Where do I live?" · "What do you know about Oslo?"',
    '- "What do you remember?" · "list memory files" · "Log that the package came"',
    ...(tools.has('schedule_create')
      ? ['- "Remind me tomorrow at 9 to call Bea" · "list reminders" · "cancel reminder Bea"']
      : []),
  ];
  return `Try:\n${can.join('\n')}`;
}

const SECTIONS: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /\b(?:sister|brother|wife|husband|partner|mother|father|mom|mum|dad|son|daughter|friend|colleague|boss|neighbou?r)\b/i,
    'People',
  ],
  [
    /\b(?:likes?|loves?|prefers?|hates?|dislikes?|favou?rite|enjoys?|vegan|vegetarian|allergic)\b/i,
    'Preferences',
  ],
  [/\b(?:project|deadline|client|customer|repo|repository|release)\b/i, 'Projects'],
  [/\b(?:decided|decision|agreed)\b/i, 'Decisions'],
  [/\bthe owner\b/i, 'About the owner'],
];

function sectionFor(fact: string): string {
  return SECTIONS.find(([pattern]) => pattern.test(fact))?.[1] ?? 'Notes';
}
