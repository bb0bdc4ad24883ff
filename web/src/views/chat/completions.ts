/** What may come of the text while it is typed: a command of its beginning, or a file of the memory after an @. */
import type { CommandView } from '@mobyclaw/protocol/command';
import type { MemoryFiles } from '@mobyclaw/protocol/memory-file';
import { useEffect, useMemo } from 'preact/hooks';
import { resources } from '../../data/page.ts';
import { useResource } from '../../ui/use-resource.ts';

const MOST = 8;
const AFTER_AT = /^(|[\s\S]*[\s(])@([\w./-]*)$/;

export interface Completion {
  name: string;
  about: string;
  /** The text with it. */
  completed: string;
}

export function useCompletions(text: string): readonly Completion[] {
  const commands = useResource<{ items: CommandView[] }>('/api/commands');
  const files = useMemo(() => resources.of<MemoryFiles>('/api/memory/files', ['memory']), []);
  const asksFiles = AFTER_AT.test(text);
  useEffect(() => (asksFiles ? files.use() : undefined), [files, asksFiles]);
  const known = commands.value.value?.items ?? [];
  const names = files.value.value?.items.map(({ name }) => name) ?? [];
  return [...commandsFor(text, known), ...filesFor(text, names)].slice(0, MOST);
}

/** While the text is nothing but the beginning of one. */
export function commandsFor(text: string, commands: readonly CommandView[]): Completion[] {
  const begun = /^\/([a-z]*)$/i.exec(text)?.[1]?.toLowerCase();
  if (begun === undefined) return [];
  return commands
    .filter(({ name }) => name.startsWith(begun))
    .map(({ name, usage, description }) => ({
      name: `/${name} ${usage ?? ''}`,
      about: description.replaceAll('`', ''),
      completed: `/${name}${usage === undefined ? '' : ' '}`,
    }));
}

/** The newest days first. */
export function filesFor(text: string, names: readonly string[]): Completion[] {
  const [, before, begun] = AFTER_AT.exec(text) ?? [];
  if (before === undefined || begun === undefined) return [];
  const wanted = begun.toLowerCase();
  return names
    .filter((name) => name.toLowerCase().includes(wanted))
    .toSorted((a, b) => Number(a.includes('/')) - Number(b.includes('/')) || (a < b ? 1 : -1))
    .map((name) => ({ name: `@${name}`, about: '', completed: `${before}@${name} ` }));
}
