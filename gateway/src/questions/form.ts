/**
 * A form of an MCP server or of a tool, asked field by field. Each field is a question of its own; when all are answered the
 * content is put together and told at once. Whoever declines one declines the form. What cannot be asked is declined with
 * a reason that the owner reads.
 */
import type { QuestionInput, QuestionOption } from '@mobyclaw/protocol/question';
import type { Decision, Wanted } from '../agent/wanted.ts';
import {
  type FieldValue,
  FormError,
  type FormField,
  fieldsOf,
  fieldValue,
  formFieldSchema,
} from './form-schema.ts';
import type { Draft, Kind, Settled } from './kind.ts';
import { fenced, plain } from './quote.ts';
import { readingsOf } from './secret-words.ts';
import { subjectOf } from './subject.ts';

type WantedForm = Extract<Wanted, { kind: 'form' }>;
type FormDecision = Extract<Decision, { kind: 'form' }>;

const MOST_BUTTONS = 5;
const DECLINE: QuestionOption = { id: 'decline', label: 'No answer', style: 'danger' };

const OURS =
  /^(?:y|yes|yes please|yep|ok|okay|sure|n|no|nope|no thanks|no answer|stop|cancel|decline|skip|leave out|use\b.*|)$/;

export const formKind: Kind<WantedForm, FormDecision> = {
  async decide(wanted, put) {
    let fields: FormField[];
    try {
      fields = fieldsOf(wanted.schema, `${wanted.title ?? ''} ${wanted.message}`);
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      return { kind: 'form', action: 'decline', problem: error.message };
    }
    const content: Record<string, unknown> = {};
    for (const [index, field] of fields.entries()) {
      const settled = await put(draftOf(wanted, field, { index, count: fields.length }));
      if (settled.by === 'nobody') return { kind: 'form', action: 'cancel' };
      if (settled.option === 'decline') return { kind: 'form', action: 'decline' };
      const value = settledValue(field, settled);
      if (value !== undefined) content[field.name] = value;
    }
    return { kind: 'form', action: 'accept', content };
  },

  problem(value, { details }) {
    const field = fieldIn(details);
    if (field === null) return null;
    try {
      fieldValue(field, value);
      return null;
    } catch (error) {
      if (error instanceof FormError) return error.message;
      throw error;
    }
  },

  outcome(option, { options }) {
    if (option === undefined) return 'Answered';
    if (option === 'decline') return 'Declined';
    const label = options.find(({ id }) => id === option)?.label;
    return label === undefined ? 'Answered' : `Answered "${label}"`;
  },
};

/** @returns undefined where the field is left out */
function settledValue(field: FormField, { option, value }: Settled): FieldValue | undefined {
  if (option === 'skip') return undefined;
  if (option === 'default') return field.default;
  if (option === 'yes' || option === 'no') return option === 'yes';
  const { wants } = field;
  if (option !== undefined) return wants.type === 'choice' ? wants.choices[Number(option)]?.value : undefined;
  return value === undefined ? undefined : fieldValue(field, value);
}

function draftOf(
  wanted: WantedForm,
  field: FormField,
  { index, count }: { index: number; count: number },
): Draft {
  const { options, input } = answersTo(field);
  const place = count === 1 ? '' : ` (${index + 1} of ${count})`;
  return {
    subject: subjectOf('form', wanted.message, wanted.schema, field.name),
    title: `A tool asks for an answer in a form${place}.`,
    text: (id) => wording(wanted, field, input, `\`./mobyclaw questions show ${id}\``),
    details: { message: wanted.message, form: { field, index, count } },
    options,
    input,
    fallback: 'decline',
  };
}

/** Buttons where they are few enough, else something to type, beside ways to leave it out or to decline. */
function answersTo(field: FormField): { options: QuestionOption[]; input: QuestionInput | null } {
  const { wants } = field;
  const ways: QuestionOption[] = [
    ...(field.default !== undefined && wants.type !== 'boolean' && wants.type !== 'choice'
      ? [{ id: 'default', label: `Use ${plain(String(field.default)) || 'the default'}` }]
      : []),
    ...(field.required || field.default !== undefined ? [] : [{ id: 'skip', label: 'Leave out' }]),
    DECLINE,
  ];
  if (wants.type === 'boolean') {
    return {
      options: [{ id: 'yes', label: 'Yes', style: 'primary' }, { id: 'no', label: 'No' }, ...ways],
      input: null,
    };
  }
  if (wants.type === 'choice' && wants.choices.length + ways.length <= MOST_BUTTONS) {
    const labels = wants.choices.map(labelOf);
    const choices = labels.map((label, index) => {
      const twice = labels.some(
        (other, at) => at !== index && readingsOf(other).at(-1) === readingsOf(label).at(-1),
      );
      return { id: String(index), label: twice ? `${label} (${index + 1})` : label };
    });
    return { options: [...choices, ...ways], input: null };
  }
  return { options: ways, input: inputOf(field) };
}

/** A choice that is called like a way of ours to decline, or like a plain yes, must say what it stands for. */
function labelOf({ value, title }: { value: string; title: string }, index: number): string {
  const label = plain(title) || plain(value) || String(index + 1);
  const same = title.trim().toLowerCase() === value.trim().toLowerCase();
  if (same || !readingsOf(label).some((words) => OURS.test(words))) return label;
  return `${label} (${plain(value) || index + 1})`;
}

function inputOf({ wants, secret }: FormField): QuestionInput {
  const hidden = secret ? { secret: true as const } : {};
  switch (wants.type) {
    case 'number':
    case 'integer':
      return { ...wants, ...hidden };
    case 'text':
      return { type: 'text', minLength: wants.minLength, maxLength: wants.maxLength, ...hidden };
    default:
      return { type: 'text' };
  }
}

function wording(
  { message }: WantedForm,
  field: FormField,
  input: QuestionInput | null,
  all: string,
): string {
  const { wants, description } = field;
  const parts = [
    'A tool asks. What it says is its own:',
    fenced(message === '' ? '(nothing)' : message, all),
  ];
  parts.push(
    `It wants ${inCode(field.title) || 'an answer'}${field.required ? '' : ', which may be left out'}.`,
  );
  if (description !== '') parts.push(fenced(description, all));
  if (input !== null && (wants.type === 'choice' || wants.type === 'choices')) {
    const list = wants.choices.map(({ title, value }, index) => `${index + 1}. ${title || value}`).join('\n');
    parts.push(fenced(list, all));
    parts.push(
      wants.type === 'choice'
        ? 'Answer with a number of this list.'
        : 'Answer with numbers of this list, with commas between them.',
    );
  } else if (input !== null) {
    parts.push(hintFor(field));
  }
  if (field.default !== undefined && (wants.type === 'choice' || wants.type === 'boolean')) {
    parts.push(`It suggests ${inCode(suggestion(field)) || 'nothing'}.`);
  }
  return parts.join('\n\n');
}

function suggestion({ wants, default: given }: FormField): string {
  if (wants.type === 'boolean') return given === true ? 'yes' : 'no';
  return wants.type === 'choice'
    ? (wants.choices.find(({ value }) => value === given)?.title ?? String(given))
    : String(given);
}

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  uri: 'an address such as https://example.org',
  date: 'a date such as 2026-01-31',
  'date-time': 'a time such as 2026-01-31T18:30:00+01:00',
};

function hintFor({ wants, secret }: FormField): string {
  if (wants.type === 'number' || wants.type === 'integer') {
    const { minimum, maximum } = wants;
    const from = minimum === undefined ? '' : `, ${minimum} at the least`;
    const to = maximum === undefined ? '' : `, ${maximum} at the most`;
    return `Answer with ${wants.type === 'integer' ? 'a whole number' : 'a number'}${from}${to}.`;
  }
  if (secret) return 'It is a secret: type it in a terminal or on the page, not in a messenger.';
  const format = wants.type === 'text' ? FORMATS[wants.format ?? ''] : undefined;
  const pattern =
    wants.type === 'text' && wants.pattern !== undefined ? `, in the form ${inCode(wants.pattern)}` : '';
  return `Answer with ${format ?? 'a text'}${pattern}. Passwords and keys do not belong here.`;
}

/** Something of others' within a line, as code: it can neither end that nor become a link. Nothing where nothing is left of it. */
function inCode(text: string): string {
  const tame = plain(text).replaceAll('`', ' ').trim();
  return tame === '' ? '' : `\`${tame}\``;
}

function fieldIn(details: Record<string, unknown>): FormField | null {
  const read = formFieldSchema.safeParse((details.form as { field?: unknown } | undefined)?.field);
  return read.success ? read.data : null;
}
