/**
 * A tool that needs a confirmation. *Once* is for this one call; *For this answer* for each call of this tool in this
 * turn; *Always* writes a rule into soul.yaml and is for this call, since the rule counts from the next turn on.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { asSentence } from '@mobyclaw/lib/sentence';
import type { Decision, Wanted } from '../agent/wanted.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { Before, Draft, Kind } from './kind.ts';
import { fenced, plain } from './quote.ts';
import { subjectOf } from './subject.ts';

type WantedTool = Extract<Wanted, { kind: 'tool' }>;
type ToolDecision = Extract<Decision, { kind: 'tool' }>;

const MOST_WHOLE = 1200;
const MOST_OF_ONE = 200;

/** The rule of soul.yaml that allows exactly this call from now on; null where there is none. */
export type RuleFor = (tool: string, args: unknown) => string | null;

export function toolKind(ruleFor: RuleFor): Kind<WantedTool, ToolDecision> {
  return {
    async decide(wanted, put) {
      const { by, option, reason } = await put(draftOf(wanted, ruleFor(wanted.tool, wanted.args)));
      if (option === 'once' || option === 'turn' || option === 'always')
        return { kind: 'tool', approve: true };
      return { kind: 'tool', approve: false, reason: refusal(by, reason) };
    },

    /**
     * `turn` covers this tool for the rest of the turn, and `always` the same call; but neither a call that an attempt before
     * may have made already.
     */
    covering({ subject, details }, { rows, uses, attempt }: Before): QuestionRow | null {
      if (uses.some((use) => use.subject === subject && use.attempt < attempt)) return null;
      const granted = ({ kind, answer, ...row }: QuestionRow): boolean =>
        kind === 'tool' &&
        ((answer?.option === 'turn' && row.details.tool === details.tool) ||
          (answer?.option === 'always' && row.subject === subject));
      return rows.find(granted) ?? null;
    },

    rule(option, { details }) {
      return option === 'always' && typeof details.rule === 'string' ? details.rule : null;
    },

    outcome(option, { details }) {
      switch (option) {
        case 'once':
          return 'Allowed once';
        case 'turn':
          return 'Allowed for this answer';
        case 'always':
          return `Allowed always (${String(details.rule)})`;
        default:
          return 'Refused';
      }
    },
  };
}

export function toolSubject(tool: string, args: unknown): string {
  return subjectOf('tool', tool, args);
}

function draftOf({ callId, tool, args, description }: WantedTool, rule: string | null): Draft {
  const name = toolName(tool);
  return {
    subject: toolSubject(tool, args),
    call: callId,
    title: `Moby wants to use ${name}.`,
    text: (id, again) => `${again === '' ? '' : `${again}\n\n`}${wording(tool, args, id)}`,
    details: { tool, args, ...(description ? { description } : {}), ...(rule === null ? {} : { rule }) },
    options: [
      { id: 'once', label: 'Once', style: 'primary' },
      { id: 'turn', label: 'For this answer' },
      ...(rule === null ? [] : [{ id: 'always', label: 'Always' }]),
      { id: 'no', label: 'No', style: 'danger' },
    ],
    input: null,
    fallback: 'no',
  };
}

/** A command is shown as one; other arguments as they are written. */
function wording(tool: string, args: unknown, id: string): string {
  const all = `\`./mobyclaw questions show ${id}\``;
  const name = toolName(tool);
  const odd = name === tool ? '' : ' Mind its name, which holds more than plain letters.';
  const given = typeof args === 'object' && args !== null ? Object.entries(args) : [];
  if (given.length === 0 && typeof args !== 'string')
    return `Moby wants to use **${name}**, without arguments.${odd}`;
  const command = given.find(([key, value]) => /^(cmd|command)$/.test(key) && typeof value === 'string');
  const rest = given.filter((entry) => entry !== command);
  const parts = [`Moby wants to use **${name}**:${odd}`];
  if (command) parts.push(fenced(String(command[1]), all, 'sh'));
  if (typeof args === 'string') parts.push(fenced(args, all));
  else if (rest.length > 0) parts.push(restOf(rest, all));
  return parts.join('\n\n');
}

/** Where they are long, each value is cut by itself, so that none pushes another one out of sight. */
function restOf(rest: [string, unknown][], all: string): string {
  const whole = JSON.stringify(Object.fromEntries(rest), null, 2);
  if (whole.length <= MOST_WHOLE) return fenced(whole, all, 'json');
  const short = JSON.stringify(
    Object.fromEntries(rest.map(([key, value]) => [key, shortened(value)])),
    null,
    2,
  );
  return `${fenced(short, all, 'json')}\n\nLong values are cut in the middle. All of it: ${all}`;
}

function shortened(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= MOST_OF_ONE) return value;
  const [head, tail] = [cutText(text, MOST_OF_ONE - 60), text.slice(-50).toWellFormed()];
  return `${head} … ${text.length} characters in all … ${tail}`;
}

/** Names are plain letters, so another one, such as a Cyrillic letter that looks like one of them, is meant to deceive. */
function toolName(tool: string): string {
  return plain(tool.replace(/[^\w.-]/gu, '?'));
}

function refusal(by: 'owner' | 'nobody', reason: string | undefined): string {
  if (by === 'nobody') {
    return 'The owner was asked and did not answer in time, so it is refused. Go on without it and say so; do not try it again now.';
  }
  const why = reason === undefined || reason === '' ? '' : ` He says: ${asSentence(reason)}`;
  return `The owner was asked and said no.${why} Go on without it; do not try it another way.`;
}
