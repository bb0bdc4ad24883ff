/**
 * Reads YAML that somebody may have written by hand, or a program badly, in a time that grows with its length alone. The
 * library compares each key of a map with all before it, which takes a minute at 60,000 keys; here each is looked up once.
 */
import {
  type Document,
  type DocumentOptions,
  isMap,
  isScalar,
  type LineCounter,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
  visit,
  YAMLParseError,
} from 'yaml';

/** Longer than any that a person writes, and read in a moment. */
export const MOST_YAML_CHARS = 1_000_000;

export type YamlOptions = Pick<ParseOptions & DocumentOptions & SchemaOptions, 'merge' | 'prettyErrors'> & {
  lineCounter?: LineCounter;
};

/** @returns the document; its `errors` say what is wrong with it, a key that comes twice and too great a length included */
export function readYaml(text: string, options: YamlOptions = {}): Document.Parsed {
  if (text.length > MOST_YAML_CHARS) {
    const document = parseDocument('', options);
    const said = `the file is longer than ${MOST_YAML_CHARS} characters`;
    document.errors.push(new YAMLParseError([0, 1], 'IMPOSSIBLE', said));
    return document;
  }
  const document = parseDocument(text, { ...options, uniqueKeys: false });
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) {
          const at = key.range?.[0] ?? 0;
          document.errors.push(new YAMLParseError([at, at + 1], 'DUPLICATE_KEY', 'Map keys must be unique'));
        }
        seen.add(key.value);
      }
    },
  });
  document.errors.sort((one, other) => one.pos[0] - other.pos[0]);
  return document;
}

/** @returns what the text stands for, or null where it does not parse or is no map */
export function yamlMap(text: string): Record<string, unknown> | null {
  const document = readYaml(text, { merge: true });
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  try {
    return document.toJS() as Record<string, unknown>;
  } catch (error) {
    if (error instanceof ReferenceError) return null; // aliases of aliases beyond what the library expands
    throw error;
  }
}
