/**
 * The form of an elicitation (MCP 2025-06-18 and 2025-11-25: a flat object of texts, numbers, yes or no, and choices) as
 * fields that a person can be asked one after the other. `user_prompt` of cagent takes the same, nothing at all (a free
 * text, which it expects as `response`), or a bare primitive.
 *
 * What the form says comes from others, so nothing of it is taken on trust: what is not understood makes the whole form one
 * that cannot be asked, since an answer to half of it would be an answer to another question. `pattern` is shown and left
 * to the server to check: an expression of others' could keep this process busy for ever.
 */
import * as z from 'zod';
import { isNameOfSecret, speaksOfSecret } from './secret-words.ts';

const MOST_FIELDS = 20;
const MOST_CHOICES = 100;
const MOST_CHARS = 10_000;

const choiceSchema = z.object({ value: z.string(), title: z.string() });

/** As kept with the question, so that an answer is judged by what was asked. */
export const formFieldSchema = z.object({
  /** Key of the answer. */
  name: z.string(),
  title: z.string(),
  description: z.string(),
  required: z.boolean(),
  secret: z.boolean(),
  wants: z.discriminatedUnion('type', [
    z.object({ type: z.literal('boolean') }),
    z.object({
      type: z.literal('text'),
      minLength: z.number(),
      maxLength: z.number(),
      format: z.string().optional(),
      pattern: z.string().optional(),
    }),
    z.object({
      type: z.enum(['number', 'integer']),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    }),
    z.object({ type: z.literal('choice'), choices: z.array(choiceSchema) }),
    z.object({
      type: z.literal('choices'),
      choices: z.array(choiceSchema),
      minItems: z.number(),
      maxItems: z.number(),
    }),
  ]),
  /** What counts where nothing else is said. */
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
});

export type FormField = z.infer<typeof formFieldSchema>;
export type FieldValue = NonNullable<FormField['default']>;

/** Why a form cannot be asked, as the end of a sentence. */
export class FormError extends Error {
  override name = 'FormError';
}

type Schema = Readonly<Record<string, unknown>>;

/**
 * @param message of the form. If it speaks of a password and no field does, then each that is typed may be meant
 * @throws FormError
 */
export function fieldsOf(schema: unknown, message = ''): FormField[] {
  const fields = describedFields(schema);
  if (fields.some(({ secret }) => secret) || !speaksOfSecret(message)) return fields;
  return fields.map(({ default: given, ...field }) =>
    isTyped(field.wants)
      ? { ...field, secret: true }
      : given === undefined
        ? field
        : { ...field, default: given },
  );
}

function describedFields(schema: unknown): FormField[] {
  if (schema === undefined || schema === null) return [freeText];
  if (!isObject(schema)) throw new FormError('its schema is no object');
  if (schema.properties === undefined && isPrimitive(schema.type)) {
    return [fieldOf('response', schema, true)];
  }
  if (Object.keys(schema).length === 0) return [freeText];
  if (schema.type !== 'object' && schema.type !== undefined) {
    throw new FormError(`it wants ${String(schema.type)} instead of an object`);
  }
  const properties = schema.properties ?? {};
  if (!isObject(properties)) throw new FormError('its properties are no object');
  const names = Object.keys(properties);
  if (names.length === 0) return [freeText];
  if (names.length > MOST_FIELDS) {
    throw new FormError(`it has ${names.length} fields, and more than ${MOST_FIELDS} are not asked`);
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const missing = required.find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name));
  if (missing !== undefined)
    throw new FormError(`it requires a field "${String(missing)}" that it does not describe`);
  return names.map((name) => fieldOf(name, properties[name], required.includes(name)));
}

/** @throws FormError where a message in its text would say what is wrong; @returns the value as the server wants it */
export function fieldValue(field: FormField, typed: string | number | boolean): FieldValue {
  const { wants } = field;
  switch (wants.type) {
    case 'boolean':
      return Boolean(typed);
    case 'text':
      return textValue(String(typed), wants.format);
    case 'number':
    case 'integer':
      return Number(typed);
    case 'choice': {
      const choice = choiceFor(wants.choices, String(typed));
      if (choice === null)
        throw new FormError(`Answer with one of the numbers 1 to ${wants.choices.length}.`);
      return choice;
    }
    case 'choices':
      return severalOf(wants, String(typed));
  }
}

const freeText: FormField = {
  name: 'response',
  title: 'Answer',
  description: '',
  required: true,
  secret: false,
  wants: { type: 'text', minLength: 1, maxLength: MOST_CHARS },
};

function fieldOf(name: string, schema: unknown, required: boolean): FormField {
  if (!isObject(schema)) throw new FormError(`its field "${name}" is not described`);
  const title = textOf(schema.title) || name;
  const wants = wantsOf(name, schema);
  const given = defaultOf(wants, schema.default);
  const secret = isTyped(wants) && isSecret(name, title, schema);
  return {
    name,
    title,
    description: textOf(schema.description),
    required,
    secret,
    wants,
    ...(given === undefined || secret ? {} : { default: given }),
  };
}

function isTyped({ type }: FormField['wants']): boolean {
  return type === 'text' || type === 'number' || type === 'integer';
}

function wantsOf(name: string, schema: Schema): FormField['wants'] {
  const { type } = schema;
  const choices = choicesOf(schema);
  if (choices !== null) return { type: 'choice', choices: checkedChoices(name, choices) };
  switch (type) {
    case 'boolean':
      return { type };
    case 'number':
    case 'integer': {
      const [minimum, maximum] = [numberOf(schema.minimum), numberOf(schema.maximum)];
      if ((minimum ?? Number.NEGATIVE_INFINITY) > (maximum ?? Number.POSITIVE_INFINITY)) {
        throw new FormError(`no number fits its field "${name}"`);
      }
      return {
        type,
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      };
    }
    case 'string': {
      const minLength = Math.max(1, countOf(schema.minLength) ?? 1);
      const maxLength = Math.min(MOST_CHARS, countOf(schema.maxLength) ?? MOST_CHARS);
      if (minLength > maxLength) throw new FormError(`no text fits its field "${name}"`);
      const [format, pattern] = [textOf(schema.format), textOf(schema.pattern)];
      return {
        type: 'text',
        minLength,
        maxLength,
        ...(format === '' ? {} : { format }),
        ...(pattern === '' ? {} : { pattern }),
      };
    }
    case 'array': {
      const found = isObject(schema.items) ? choicesOf(schema.items) : null;
      if (found === null) throw new FormError(`its field "${name}" is a list of anything`);
      const listed = checkedChoices(name, found);
      const minItems = countOf(schema.minItems) ?? 0;
      const maxItems = Math.min(listed.length, countOf(schema.maxItems) ?? listed.length);
      if (minItems > maxItems) throw new FormError(`no choice fits its field "${name}"`);
      return { type: 'choices', choices: listed, minItems, maxItems };
    }
    default:
      throw new FormError(
        `its field "${name}" is of a kind that cannot be asked (${String(type ?? 'none')})`,
      );
  }
}

/** `enum` with or without `enumNames`, or `oneOf`/`anyOf` of titled constants. @returns null where it is no choice */
function choicesOf(schema: Schema): { value: string; title: string }[] | null {
  if (Array.isArray(schema.enum)) {
    const names = Array.isArray(schema.enumNames) ? schema.enumNames : [];
    return schema.enum.map((value, index) => ({
      value: asChoice(value),
      title: textOf(names[index]) || asChoice(value),
    }));
  }
  const branches = schema.oneOf ?? schema.anyOf;
  if (!Array.isArray(branches)) return null;
  return branches.map((branch) => {
    if (!isObject(branch) || branch.const === undefined) {
      throw new FormError('one of its fields takes values of several kinds');
    }
    return { value: asChoice(branch.const), title: textOf(branch.title) || asChoice(branch.const) };
  });
}

function asChoice(value: unknown): string {
  if (typeof value !== 'string') throw new FormError('one of its choices is no text');
  return value;
}

function checkedChoices<T>(name: string, choices: T[]): T[] {
  if (choices.length === 0) throw new FormError(`there is nothing to choose in its field "${name}"`);
  if (choices.length > MOST_CHOICES) {
    throw new FormError(
      `its field "${name}" has ${choices.length} choices, and more than ${MOST_CHOICES} are not asked`,
    );
  }
  return choices;
}

/** A default that its own field would not take is none. */
function defaultOf(wants: FormField['wants'], given: unknown): FieldValue | undefined {
  switch (wants.type) {
    case 'boolean':
      return typeof given === 'boolean' ? given : undefined;
    case 'text': {
      const fits =
        typeof given === 'string' && given.length >= wants.minLength && given.length <= wants.maxLength;
      return fits ? given : undefined;
    }
    case 'number':
    case 'integer': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = wants;
      if (typeof given !== 'number' || given < minimum || given > maximum) return undefined;
      return wants.type === 'integer' && !Number.isInteger(given) ? undefined : given;
    }
    case 'choice':
      return wants.choices.some(({ value }) => value === given) ? String(given) : undefined;
    case 'choices': {
      if (!Array.isArray(given)) return undefined;
      const known = given.every((one) => wants.choices.some(({ value }) => value === one));
      return known && given.length >= wants.minItems && given.length <= wants.maxItems ? given : undefined;
    }
  }
}

/** Whether an answer must not pass through a messenger, which keeps what was typed. */
function isSecret(name: string, title: string, schema: Schema): boolean {
  if (schema.format === 'password' || schema.writeOnly === true) return true;
  return isNameOfSecret(name) || isNameOfSecret(title) || speaksOfSecret(textOf(schema.description));
}

function textValue(text: string, format: string | undefined): string {
  const value = text.trim();
  switch (format) {
    case 'email':
      if (z.email().safeParse(value).success) return value;
      throw new FormError('That is no e-mail address, such as name@example.org.');
    case 'uri':
      if (URL.canParse(value)) return value;
      throw new FormError('That is no address, such as https://example.org.');
    case 'date':
      if (z.iso.date().safeParse(value).success) return value;
      throw new FormError('That is no date; write it as 2026-01-31.');
    case 'date-time':
      if (z.iso.datetime({ offset: true }).safeParse(value).success) return value;
      throw new FormError('That is no time; write it as 2026-01-31T18:30:00+01:00.');
    default:
      return text;
  }
}

/** By its number in the list, its title or its value; case counts only where it is needed to tell two apart. */
function choiceFor(choices: readonly { value: string; title: string }[], typed: string): string | null {
  const said = typed.trim();
  const exact = choices.find(({ value, title }) => value === said || title === said);
  if (exact) return exact.value;
  const byNumber = /^[1-9]\d{0,2}$/.test(said) ? choices[Number(said) - 1] : undefined;
  if (byNumber) return byNumber.value;
  const alike = choices.filter(
    ({ value, title }) =>
      value.toLowerCase() === said.toLowerCase() || title.toLowerCase() === said.toLowerCase(),
  );
  return alike.length === 1 ? (alike[0]?.value ?? null) : null;
}

function severalOf(wants: Extract<FormField['wants'], { type: 'choices' }>, typed: string): string[] {
  const { choices, minItems, maxItems } = wants;
  const said = typed.split(',').filter((part) => part.trim() !== '');
  const chosen = said.map((part) => {
    const value = choiceFor(choices, part);
    if (value === null) {
      throw new FormError(`Answer with numbers from 1 to ${choices.length}, with commas between them.`);
    }
    return value;
  });
  const once = [...new Set(chosen)];
  if (once.length < minItems) throw new FormError(`Choose at least ${minItems}, with commas between them.`);
  if (once.length > maxItems) throw new FormError(`Choose ${maxItems} at the most.`);
  return once;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPrimitive(type: unknown): boolean {
  return type === 'string' || type === 'number' || type === 'integer' || type === 'boolean';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}
