/**
 * A question as a person at a terminal reads it. What the model and others wrote in it is shown with every character that
 * could steer the terminal, or hide, written out.
 */
import { visibleText } from '@mobyclaw/lib/visible-text';
import type { Question } from '@mobyclaw/protocol/question';

/** Short enough to type; as long as it takes to tell apart questions of the same minute. */
const LEAST_ID = 8;

/** The title, and below it what it is about, where that says more. */
export function questionText(question: Pick<Question, 'title' | 'text'>): string {
  return `❓ ${visibleText(question.title)}\n${bodyText(question)}`.trimEnd();
}

/** The text without its marks; the line in which it says the title once more is left out. */
function bodyText({ title, text }: Pick<Question, 'title' | 'text'>): string {
  const lines = withoutMarks(visibleText(text));
  const said = sentence(visibleText(title));
  return lines
    .filter((line) => sentence(line) !== said)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\s+$/g, '');
}

function sentence(line: string): string {
  return line.trim().replace(/[.:]$/, '');
}

/** Markdown as the gateway writes it, for a terminal: code is moved in, and stays as it is in every character. */
function withoutMarks(markdown: string): string[] {
  let fence: string | null = null;
  return markdown.split('\n').flatMap((line) => {
    const marks = /^(`{3,})[\w-]*$/.exec(line)?.[1];
    if (fence === null && marks !== undefined) {
      fence = marks;
      return [];
    }
    if (fence !== null && line === fence) {
      fence = null;
      return [];
    }
    if (fence !== null) return [`    ${line}`];
    return [
      line
        .replace(/\*\*(.+?)\*\*/g, '$1')
        .replace(/(?<!\\)(`+)(.+?)\1/g, '$2')
        .replace(/\\([\\`*_{}[\]<>()#+!|~&])/g, '$1'),
    ];
  });
}

/** All of it, for `questions show`. @param from such as `telegram:dm:42, 2 min ago` */
export function wholeQuestion(question: Question, times: { asked: string; expires: string }): string {
  const { id, kind, state, title, session, source, chat, outcome, details } = question;
  const head = [
    `❓ ${visibleText(title)}`,
    '',
    `id:      ${id}`,
    `kind:    ${kind}, ${state}`,
    `asked:   ${times.asked} in ${visibleText(session)} (${source})`,
    state === 'open' ? `expires: ${times.expires}; then it is "${question.fallback}"` : null,
    chat === null ? null : `shown:   ${visibleText(chat)}`,
    outcome === undefined ? null : `outcome: ${visibleText(outcome)}`,
  ];
  const body = kind === 'tool' ? toolText(details) : bodyText(question);
  const tail = state === 'open' ? ['', waysToAnswer(question)] : [];
  return [...head.filter((line) => line !== null), '', body, ...tail].join('\n');
}

/** What to type after `questions answer`. */
export function waysToAnswer({ id, options, input }: Pick<Question, 'id' | 'options' | 'input'>): string {
  const typed = input === null ? [] : [input.secret ? '(asks for it)' : 'TEXT'];
  const choices = options.map(
    ({ id: option, label }) => (isPlace(option) ? Number(option) + 1 : option) + meaning(option, label),
  );
  return `Answer: ./mobyclaw questions answer ${id} ${[...typed, ...choices].join(' | ')}`;
}

/** Choices of a form are known by their place. */
export function isPlace(option: string): boolean {
  return /^\d+$/.test(option);
}

function meaning(option: string, label: string): string {
  return option.toLowerCase() === label.toLowerCase() ? '' : ` (${visibleText(label)})`;
}

/** Arguments whole: those that are text as they are, line by line, others as JSON. */
function toolText({ tool, args, rule }: Record<string, unknown>): string {
  const given = typeof args === 'object' && args !== null ? Object.entries(args) : [];
  const lines = [`tool:    ${visibleText(String(tool))}`];
  if (given.length === 0)
    lines.push(typeof args === 'string' ? block('arguments', args) : 'It has no arguments.');
  for (const [name, value] of given) {
    lines.push(block(name, typeof value === 'string' ? value : JSON.stringify(value, null, 2)));
  }
  if (typeof rule === 'string')
    lines.push(`"always" writes into soul.yaml: permissions: allow: ${visibleText(rule)}`);
  return lines.join('\n');
}

function block(name: string, text: string): string {
  const shown = visibleText(text).split('\n');
  return `${visibleText(name)}:\n${shown.map((line) => `    ${line}`).join('\n')}`;
}

/** @returns the shortest beginning, of eight characters at least, that none of the others has */
export function shortId(id: string, others: readonly string[]): string {
  for (let length = LEAST_ID; length < id.length; length++) {
    const start = id.slice(0, length);
    if (start.endsWith('-')) continue;
    if (!others.some((other) => other !== id && other.startsWith(start))) return start;
  }
  return id;
}
