import type { Express } from 'express';
import { expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';
import { createApp } from '../app.ts';
import type { HttpServices } from '../http-services.ts';
import { openApiDocument } from './document.ts';

interface Layer {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

/** Every route of the application, as `get /api/turns/{id}`. */
function routesOf(app: Express): Set<string> {
  const routes = new Set<string>();
  const visit = (layers: readonly Layer[]): void => {
    for (const { route, handle } of layers) {
      if (handle.stack) visit(handle.stack);
      for (const path of [route?.path ?? []].flat()) {
        // What refuses all other methods of a path is no route of its own.
        for (const method of Object.keys(route?.methods ?? {}).filter((name) => name !== '_all')) {
          routes.add(`${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
        }
      }
    }
  };
  visit((app as unknown as { router: { stack: Layer[] } }).router.stack);
  return routes;
}

test('the description names every route there is, and none that is not', () => {
  const part: unknown = new Proxy(() => undefined, { get: () => part });
  const services = new Proxy({}, { get: (_target, name) => (name === 'startedAt' ? 0 : part) });
  const routes = routesOf(createApp(services as HttpServices));
  const { paths } = openApiDocument('0') as { paths: Record<string, object> };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(described.toSorted()).toEqual([...routes].toSorted());
});

test('what is described is described in words', () => {
  const empty: string[] = [];
  let described = 0;
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, value] of Object.entries(node)) {
      visit(value, `${path}/${name}`);
      if (name !== 'description' && name !== 'summary') continue;
      if (typeof value !== 'string') continue; // a field of that name
      described++;
      if (value.trim() === '') empty.push(path);
    }
  };
  visit(openApiDocument('0'), '');
  expect(described).toBeGreaterThan(100);
  expect(empty).toEqual([]);
});

test('each part of a path that varies is described as a parameter, and nothing else is', () => {
  const { paths } = openApiDocument('0') as { paths: Record<string, object> };
  for (const [path, methods] of Object.entries(paths)) {
    const varies = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries(methods)) {
      const { parameters = [] } = operation as {
        parameters?: { name: string; in: string; required: boolean }[];
      };
      const inPath = parameters.filter((parameter) => parameter.in === 'path' && parameter.required);
      expect(
        inPath.map(({ name }) => name),
        `${method} ${path}`,
      ).toEqual(varies);
    }
  }
});

test('what is described as open needs no token, and nothing else is open', async () => {
  const moby = await openHarness();
  const { paths } = openApiDocument('0') as { paths: Record<string, Record<string, { security?: [] }>> };
  const open: string[] = [];
  const described: string[] = [];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const operation = `${method} ${path}`;
      if (security) described.push(operation);
      const target = path.replaceAll(/\{\w+\}/g, 'x');
      const { body } = await moby.call(method.toUpperCase(), target, { headers: { authorization: '' } });
      if (!JSON.stringify(body ?? '').includes('A token is needed')) open.push(operation);
    }
  }
  expect(described.toSorted()).toEqual(open.toSorted());
});
