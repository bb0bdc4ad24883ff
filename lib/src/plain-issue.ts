/** What a schema found wrong, in words for whoever wrote the value: the end of a sentence that begins with its name. */
import type * as z from 'zod';

const FORMATS: Readonly<Record<string, string>> = {
  url: 'must be an address such as https://example.org',
  datetime: 'must be a moment such as 2026-03-01T14:05:00Z',
  date: 'must be a day such as 2026-03-01',
  uuid: 'must be a UUID',
  email: 'must be an e-mail address',
  base64: 'must be base64',
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  nan: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  null: 'null',
  undefined: 'left out',
  never: 'left out',
};

/**
 * To be handed to a schema's `parse` as `error`; what the schema itself says of a value goes before it.
 * @returns such as `must be text`; undefined for what only its schema can explain
 */
export function plainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = KINDS[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `is missing; it must be ${expected}` : `must be ${expected}`;
    }
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`;
    case 'too_small':
      return sized(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return sized(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'is not written in the form that is taken here';
    case 'unrecognized_keys':
      return `has ${issue.keys.map((key) => `"${key}"`).join(', ')}, which nothing reads`;
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join(', ');
    case 'invalid_union':
      return Array.isArray(issue.options)
        ? `must be ${oneOf(issue.options)}`
        : 'has none of the forms that are taken here';
    default:
      return undefined;
  }
}

/** @returns every fault with the path of its field, such as `prompt: must be text`; without one where it is all of it */
export function plainFaults({ issues }: z.core.$ZodError): string[] {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
}

function sized(origin: string, size: number | bigint, word: string): string {
  if (origin === 'string')
    return word === 'at least' && Number(size) === 1
      ? 'must not be empty'
      : `must have ${word} ${size} characters`;
  if (origin === 'array' || origin === 'set')
    return word === 'at least' && Number(size) === 1
      ? 'must not be empty'
      : `must have ${word} ${size} entries`;
  return `must be ${word} ${size}`;
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => (value === '' ? 'empty' : String(value)));
  const last = texts.pop() ?? 'left out';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}
