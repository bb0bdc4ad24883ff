/** JSON that may hold a phrase: in its texts, in names of fields, in the bytes of attached text files, and in what is said of others. */
import type { Phrase } from '@mobyclaw/recall/phrase';
import { FORGOTTEN } from './forget-rules.ts';

type Json = unknown;

export function mentions(value: Json, phrase: Phrase): boolean {
  if (typeof value === 'string') return phrase.isIn(value);
  if (Array.isArray(value)) return value.some((item) => mentions(item, phrase));
  if (!isObject(value)) return false;
  if (isFile(value)) {
    const { data: _, ...rest } = value;
    return phrase.isIn(textOf(value)) || Object.values(rest).some((item) => mentions(item, phrase));
  }
  return Object.entries(value).some(([name, item]) => phrase.isIn(name) || mentions(item, phrase));
}

/** The same without the phrase: texts that have it are replaced, files that have it go. */
export function withoutMentions(value: Json, phrase: Phrase): Json {
  if (typeof value === 'string') return phrase.isIn(value) ? FORGOTTEN : value;
  if (Array.isArray(value)) {
    return value
      .filter((item) => !(isFile(item) && mentions(item, phrase)))
      .map((item) => withoutMentions(item, phrase));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      phrase.isIn(name) ? FORGOTTEN : name,
      withoutMentions(item, phrase),
    ]),
  );
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null;
}

interface AttachedFile {
  name: string;
  mime: string;
  data: string;
}

function isFile(value: Json): value is AttachedFile & Record<string, Json> {
  return isObject(value) && [value.name, value.mime, value.data].every((part) => typeof part === 'string');
}

/** As whatever kind of text its bytes may be; of pictures that is noise. */
function textOf({ mime, data }: AttachedFile): string {
  if (/^(?:image|audio|video)\//.test(mime)) return '';
  const bytes = Buffer.from(data, 'base64');
  return [bytes.toString('utf8'), bytes.toString('utf16le')].join('\n');
}
