/** The fake agent that all tests lean on writes what a real one wrote: the same events in the same order, with the same fields. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAGENT_RECORDINGS } from '@mobyclaw/testkit/cagent-recordings';
import { type Script, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { expect, it, onTestFinished } from 'vitest';

/** Absent where the real one had nothing to say, or a configuration that the fake has not. */
const OPTIONAL = new Set(['welcome_message', 'structuredContent', 'multi_content']);

const said = (text: string): Script =>
  text.split(/(?<=\s)/).map((word) => ({ do: 'text', text: word }) as const);

it.each<[recording: string, script: Script]>([
  ['answer', said('Hello there, friend <&>.')],
  ['answer-empty', []],
  ['tool-think', [{ do: 'tools', calls: [{ name: 'think', args: {} }] }, ...said('Thought.')]],
  ['tool-fails', [{ do: 'tools', calls: [{ name: 'fail_tool', fails: true }] }, ...said('The tool failed.')]],
  ['model-err429', [{ do: 'fail', error: 'x' }]],
])('as recorded: %s', async (recording, script) => {
  const agent = await startFakeAgent({ script: () => script });
  onTestFinished(() => agent.close());
  const headers = { 'content-type': 'application/json' };
  const created = await fetch(`${agent.url}/api/sessions`, { method: 'POST', body: '{}', headers });
  const { id } = (await created.json()) as { id: string };
  const body = JSON.stringify([{ role: 'user', content: 'hi' }]);
  const response = await fetch(`${agent.url}/api/sessions/${id}/agent/soul`, {
    method: 'POST',
    body,
    headers,
  });
  const real = readFileSync(join(CAGENT_RECORDINGS, `${recording}.sse`), 'utf8');
  expect(shapes(await response.text())).toEqual(shapes(real));
});

function shapes(stream: string): string[] {
  const list = stream
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
    .map((event) => `${event.type}: ${fields(event)}`);
  // How many pieces the arguments of a tool come in is the model's affair.
  return list.filter((shape, index) => !(shape.startsWith('partial_tool_call') && shape === list[index - 1]));
}

function fields(value: Record<string, unknown>, path = ''): string {
  return Object.keys(value)
    .filter((key) => !OPTIONAL.has(key))
    .map((key) => {
      const inner = value[key];
      const deep = ['tool_call', 'function', 'usage', 'last_message', 'result'].includes(key);
      return deep ? fields(inner as Record<string, unknown>, `${path}${key}.`) : `${path}${key}`;
    })
    .sort()
    .join(' ');
}
