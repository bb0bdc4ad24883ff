/**
 * A question taken apart for the page: what the gateway says of it, and apart from that, whole and marked, what others wrote.
 * What is not understood is shown as the gateway words it.
 */

import { visibleText } from '@mobyclaw/lib/visible-text';
import type { Question } from '@mobyclaw/protocol/question';
import { t } from '../../texts.ts';

export interface ForeignPart {
  caption: string;
  text: string;
  code: boolean;
}

export interface Choices {
  titles: readonly string[];
  /** More than one may be chosen. */
  several: boolean;
}

export interface QuestionParts {
  /** Markdown of the gateway's. */
  said: string;
  foreign: readonly ForeignPart[];
  /** What a tool says of itself. */
  about: string | null;
  /** What the typed answer is called, in words of the tool's. */
  field: string | null;
  /** To choose from instead of typing. */
  choices: Choices | null;
  /** How the typed answer looks. */
  hint: string | null;
}

const LONG_CHARS = 60;

const NOTHING: QuestionParts = { said: '', foreign: [], about: null, field: null, choices: null, hint: null };

export function partsOf(question: Question): QuestionParts {
  const { kind, details, text } = question;
  if (kind === 'tool' && typeof details.tool === 'string') return toolParts(details);
  if (kind === 'form' && isObject(details.form) && isObject(details.form.field))
    return formParts(question, details.form.field);
  return { ...NOTHING, said: text };
}

/** Whether what was asked for was let through, or answered. */
export function isAllowed({ state, answer, fallback }: Question): boolean {
  return state === 'answered' && answer?.option !== fallback;
}

function toolParts({ tool, args, again, description, rule }: Question['details']): QuestionParts {
  const given = isObject(args) ? Object.entries(args) : [];
  const command = given.find(([name, value]) => /^(cmd|command)$/.test(name) && typeof value === 'string');
  const rest = given.filter((entry) => entry !== command);
  const foreign: ForeignPart[] = [];
  if (command) foreign.push({ caption: t.questions.command, text: String(command[1]), code: true });
  const short = rest.filter(([, value]) => !isLong(value));
  if (short.length > 0 || typeof args === 'string') {
    const text = typeof args === 'string' ? args : JSON.stringify(Object.fromEntries(short), null, 2);
    foreign.push({ caption: t.questions.arguments, text, code: true });
  }
  for (const [name, value] of rest)
    if (isLong(value))
      foreign.push({ caption: t.questions.argument(visibleText(name)), text: value, code: true });
  // A letter that only looks like one of the usual ones is meant to deceive.
  const isOdd = /[^\w.-]/u.test(String(tool));
  const said = [
    ...(isOdd ? [t.questions.oddName] : []),
    ...(typeof again === 'string' ? [again] : []),
    ...(foreign.length === 0 ? [t.questions.noArguments] : []),
    ...(typeof rule === 'string' ? [t.questions.always(`\`${rule.replaceAll('`', ' ')}\``)] : []),
  ];
  const about = typeof description === 'string' && description !== '' ? description : null;
  return { ...NOTHING, said: said.join('\n\n'), foreign, about };
}

/** A text that JSON would make unreadable. */
function isLong(value: unknown): value is string {
  return typeof value === 'string' && (value.length > LONG_CHARS || value.includes('\n'));
}

function formParts({ details, input }: Question, field: Readonly<Record<string, unknown>>): QuestionParts {
  const { title, description, required, wants } = field;
  const foreign: ForeignPart[] = [];
  if (typeof details.message === 'string' && details.message !== '')
    foreign.push({ caption: t.questions.toolSays, text: details.message, code: false });
  if (typeof description === 'string' && description !== '')
    foreign.push({ caption: t.questions.fieldDescription, text: description, code: false });
  const listed = isObject(wants) && Array.isArray(wants.choices) ? wants.choices.filter(isObject) : [];
  const choices =
    input !== null && listed.length > 0
      ? {
          titles: listed.map((one) => String(one.title ?? one.value)),
          several: isObject(wants) && wants.type === 'choices',
        }
      : null;
  return {
    said: required === false ? t.questions.optional : '',
    foreign,
    about: null,
    field: typeof title === 'string' ? title : null,
    choices,
    hint: input === null || choices !== null ? null : hintOf(input, isObject(wants) ? wants : {}),
  };
}

function hintOf(input: NonNullable<Question['input']>, wants: Readonly<Record<string, unknown>>): string {
  if (input.type !== 'text')
    return t.questions.number(input.type === 'integer', input.minimum, input.maximum);
  const parts = [
    ...(input.secret ? [t.questions.secret] : []),
    ...(typeof wants.format === 'string' ? [t.questions.formats[wants.format] ?? wants.format] : []),
    ...(typeof wants.pattern === 'string' ? [t.questions.pattern(wants.pattern)] : []),
  ];
  return parts.join(' ');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
