/** A program for MCP's conformance suite: connects our client to the server that the last argument names, and calls its tools. */
import { systemClock } from '@mobyclaw/lib/clock';
import { McpToolset } from '../mcp-toolset.ts';
import type { ToolContext } from '../tool.ts';

const url = process.argv.at(-1) ?? '';
const toolset = new McpToolset(
  { type: 'mcp', remote: { url, transport_type: 'streamable' } },
  { environment: process.env, workingDir: process.cwd(), clock: systemClock },
);
const context: ToolContext = {
  sessionId: 'conformance',
  workingDir: process.cwd(),
  headers: {},
  signal: new AbortController().signal,
  elicit: async () => ({ action: 'accept', content: {} }),
  notice: () => undefined,
};
const tools = await toolset.tools(context);
for (const tool of tools) {
  const { output, isError } = await tool.call({ a: 2, b: 3 }, context);
  if (isError) throw new Error(`${tool.definition.name}: ${output}`);
  process.stdout.write(`${tool.definition.name}: ${output}\n`);
}
await toolset.close();
