// An MCP server over stdio with one tool, which asks for a form and returns what came of it.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const server = new Server({ name: 'forms', version: '1.0.0' }, { capabilities: { tools: {} } });
const inputSchema = { type: 'object', properties: { form: { type: 'object' } } };
server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: [
    { name: 'fill_in', description: 'Asks for a form', inputSchema, annotations: { readOnlyHint: true } },
  ],
}));
server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
  const answer = await server.elicitInput(params.arguments.form, { timeout: 60_000 });
  return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
});
await server.connect(new StdioServerTransport());
