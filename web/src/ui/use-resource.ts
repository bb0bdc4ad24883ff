/** A view's way to what it shows: `const tokens = useResource<…>('/api/tokens', ['tokens'])`, then `tokens.value.value`. */
import { useEffect, useMemo } from 'preact/hooks';
import { resources } from '../data/page.ts';
import type { Resource, Topic } from '../data/resource.ts';

export function useResource<T>(path: string, topics: readonly Topic[] = []): Resource<T> {
  const resource = useMemo(() => resources.of<T>(path, topics), [path]);
  useEffect(() => resource.use(), [resource]);
  return resource;
}
