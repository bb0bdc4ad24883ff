/** Whatever an MCP server returns is told to the model, and nothing of it is told without a bound. */
import { readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reply, startRawServer, useToolset } from './testing/server.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const MOST_CHARS = 50_000;

async function returned(result: unknown) {
  const server = await startRawServer(({ id }, response) => reply(response, id, result));
  const { call, workingDir } = useToolset({ url: server.url });
  const { output = '', ...rest } = await call();
  return { output, rest, workingDir };
}

const savedIn = (output: string) => /the whole is in the file (\S+?)\]?$/m.exec(output)?.[1] ?? 'nowhere';

it.each([
  ['several texts, apart from each other', [text('one'), text('two')], 'one\n\ntwo'],
  [
    'an embedded text',
    [
      text('downloaded'),
      { type: 'resource', resource: { uri: 'file:///a.csv', mimeType: 'text/csv', text: 'x,y' } },
    ],
    'downloaded\n\nfile:///a.csv:\nx,y',
  ],
  ['a link', [{ type: 'resource_link', uri: 'file:///b', name: 'B' }], '[B](file:///b)'],
  [
    'a kind of tomorrow',
    [{ type: 'hologram', depth: 3 }],
    'Content of the kind "hologram": {"type":"hologram","depth":3}',
  ],
  [
    'a resource without content',
    [{ type: 'resource', resource: { uri: 'x:1' } }],
    'x:1: the server sent nothing of it.',
  ],
  ['nothing', [], 'no output'],
])('%s', async (_, content, output) => {
  expect(await returned({ content })).toMatchObject({ output, rest: {} });
});

function text(words: string) {
  return { type: 'text', text: words };
}

it.each([
  ['beside an empty content', { content: [], structuredContent: { rows: [1] } }],
  ['without a content', { structuredContent: { rows: [1] } }],
])('structured content %s', async (_, result) => {
  const { output, rest } = await returned(result);
  expect(output).toBe('{"rows":[1]}');
  expect(rest).toEqual({ structuredContent: { rows: [1] } });
});

it('structured content is not told a second time where it stands beside its text', async () => {
  const { output, rest } = await returned({ content: [text('one row')], structuredContent: { rows: [1] } });
  expect(output).toBe('one row');
  expect(rest).toEqual({ structuredContent: { rows: [1] } });
});

it('an embedded picture is a picture', async () => {
  const resource = { uri: 'file:///p.png', mimeType: 'image/png', blob: PNG };
  const { rest } = await returned({ content: [{ type: 'resource', resource }] });
  expect(rest).toEqual({ images: [{ data: PNG, mimeType: 'image/png' }] });
});

it.each([
  [
    'an embedded file',
    { type: 'resource', resource: { uri: 'file:///r/../q1.pdf', mimeType: 'application/pdf', blob: 'AAEC' } },
    'q1.pdf',
  ],
  ['a sound', { type: 'audio', data: 'AAEC', mimeType: 'audio/wav' }, 'audio'],
  [
    'a picture of a kind that models do not take',
    { type: 'image', data: 'AAEC', mimeType: 'image/tiff' },
    'image',
  ],
])('%s is put beside the work, and the answer says where', async (_, block, name) => {
  const { output, workingDir } = await returned({ content: [text('done'), block] });
  expect(output).toMatch(/^done\n\n.*3 bytes, which cannot be shown here; the whole is in the file/);
  const file = savedIn(output);
  expect(file.startsWith(`${workingDir}/received/`)).toBe(true);
  expect(file.endsWith(`-${name}`)).toBe(true);
  expect([...readFileSync(file)]).toEqual([0, 1, 2]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a text of 3 MB is cut, and the rest is where the answer says', async () => {
  const whole = 'line 😀\n'.repeat(400_000);
  const { output } = await returned({ content: [text(whole)] });
  expect(output.length).toBeLessThan(MOST_CHARS + 500);
  expect(output).toMatch(/\[3\d{6} more characters of this result were left out; the whole is in the file /);
  expect(readFileSync(savedIn(output), 'utf8')).toBe(whole);
});

it.each([
  ['a dot', 'files.read', 'files_read'],
  ['a length that providers refuse', 'x'.repeat(80), `${'x'.repeat(57)}_`],
  ['a digit first', '7zip', '_7zip'],
])(
  'a tool whose name has %s is called by one that every provider takes, and reaches its server by its own',
  async (_, name, mapped) => {
    const server = await startRawServer(
      ({ id, params }, response) => {
        reply(response, id, { content: [text(`called ${params?.name}`)] });
      },
      { tools: [{ name, inputSchema: { type: 'object' } }] },
    );
    const { toolset, context } = useToolset({ url: server.url });
    const [tool] = await toolset.tools(context);
    expect(tool?.definition.name).toMatch(/^[a-zA-Z_][\w-]{0,63}$/);
    expect(tool?.definition.name.startsWith(mapped)).toBe(true);
    expect(await tool?.call({}, context)).toEqual({ output: `called ${name}` });
  },
);

it('one tool that is not right hides no other, and is mended or named', async () => {
  const tools = [
    { name: 'a', inputSchema: { type: 'object', properties: null, required: null } },
    { name: 'b', inputSchema: { type: 'object' } },
    { name: 'c' },
    { description: 'has no name' },
    { name: 'd.e' },
    { name: 'd_e', annotations: 'wrong', description: 5 },
  ];
  const server = await startRawServer(
    ({ id, params }, response) => {
      reply(response, id, { content: [text(`called ${params?.name}`)] });
    },
    { tools },
  );
  const { toolset, context } = useToolset({ url: server.url });
  const listed = await toolset.tools(context);
  const names = listed.map(({ definition }) => definition.name);
  expect(names).toEqual(['a', 'b', 'c', 'd_e', expect.stringMatching(/^d_e_[0-9a-f]{6}$/)]);
  expect(listed.map(({ definition }) => definition.parameters)).toEqual(
    Array(5).fill({ type: 'object', properties: {} }),
  );
  expect(await listed[4]?.call({}, context)).toEqual({ output: 'called d_e' });
  expect(toolset.problems).toEqual(['tool 4 of its list has no name and is left out']);
});
