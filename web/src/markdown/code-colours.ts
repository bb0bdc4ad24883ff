/**
 * Colours in blocks of code, in common languages. Loaded when the first block with a language is closed, and each grammar when
 * the first block in it is; one block a task, so that nothing waits for colours. What is not known, or cannot be loaded, stays
 * as it is.
 */
import type { LanguageFn } from 'highlight.js';
import { createLowlight } from 'lowlight';

const MOST_CHARS = 20_000; // in one task; longer ones stay without
const DEEPEST = 16; // of colours within colours; text that is made to nest further stays plain

const GRAMMARS: Record<string, () => Promise<{ default: LanguageFn }>> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
};

const OTHER_NAMES: Record<string, string> = {
  ...{ sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash' },
  ...{ h: 'c', 'c++': 'cpp', hpp: 'cpp', cs: 'csharp', 'c#': 'csharp', scss: 'css' },
  ...{ patch: 'diff', docker: 'dockerfile', golang: 'go', toml: 'ini', env: 'ini' },
  ...{ js: 'javascript', jsx: 'javascript', mjs: 'javascript', ts: 'typescript', tsx: 'typescript' },
  ...{ jsonc: 'json', json5: 'json', kt: 'kotlin', py: 'python', rb: 'ruby', rs: 'rust' },
  ...{ html: 'xml', svg: 'xml', yml: 'yaml' },
};

const lowlight = createLowlight();
type Part = ReturnType<typeof lowlight.highlight>['children'][number];

let last: Promise<void> = Promise.resolve();

/** Colours a block that does not change any more, when its turn comes. @param language as Markdown names it */
export function colour(code: HTMLElement, language: string): void {
  last = last.then(() => colourNow(code, language)).catch(() => undefined);
}

async function colourNow(code: HTMLElement, language: string): Promise<void> {
  const given = language.toLowerCase();
  const name = Object.hasOwn(OTHER_NAMES, given) ? (OTHER_NAMES[given] ?? '') : given;
  const text = code.textContent ?? '';
  if (!Object.hasOwn(GRAMMARS, name) || text.length > MOST_CHARS) return;
  const grammar = await GRAMMARS[name]?.();
  if (!grammar) return;
  if (!lowlight.registered(name)) lowlight.register(name, grammar.default);
  await new Promise((resolve) => setTimeout(resolve));
  if (code.isConnected) code.replaceChildren(...nodesOf(lowlight.highlight(name, text).children, 0));
}

function nodesOf(tree: readonly Part[], depth: number): (Node | string)[] {
  return tree.flatMap((part): (Node | string)[] => {
    if (part.type === 'text') return [part.value];
    if (part.type !== 'element') return [];
    if (depth >= DEEPEST) return [textOf(part)];
    const span = document.createElement('span');
    const { className } = part.properties;
    if (Array.isArray(className)) span.className = className.join(' ');
    span.append(...nodesOf(part.children, depth + 1));
    return [span];
  });
}

/** Without calls within calls, however deep it is. */
function textOf(part: Part): string {
  const rest: Part[] = [part];
  let text = '';
  for (let next = rest.pop(); next; next = rest.pop()) {
    if (next.type === 'text') text += next.value;
    else if (next.type === 'element') rest.push(...next.children.toReversed());
  }
  return text;
}
