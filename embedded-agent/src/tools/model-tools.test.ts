import { expect, it } from 'vitest';
import { ModelTools } from './model-tools.ts';

const definition = (name: string, description: string) => ({
  name,
  category: '',
  description,
  parameters: { type: 'object', properties: {} },
  annotations: {},
  outputSchema: null,
});

it('makes the list anew where a tool came, went or changed, and only then', () => {
  const tools = new ModelTools();
  const [read, write] = [definition('read', 'Reads'), definition('write', 'Writes')];
  const both = tools.of([read, write]);
  expect(both).toEqual([
    { type: 'function', name: 'read', description: 'Reads', inputSchema: read.parameters },
    { type: 'function', name: 'write', description: 'Writes', inputSchema: write.parameters },
  ]);
  expect(tools.of([{ ...read }, { ...write }])).toBe(both);
  expect(tools.of([read])).toEqual([both[0]]);
  expect(tools.of([definition('read', 'Reads half \ud83d')])[0]).toMatchObject({
    description: 'Reads half \ufffd',
  });
  expect(tools.of([])).toEqual([]);
});
