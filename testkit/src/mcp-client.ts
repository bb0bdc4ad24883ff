/** The protocol's own client, for tests of MCP servers. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** @param url of the server, without `/mcp` */
export async function connectMcp(
  url: string,
  token: string,
  client = new Client({ name: 'test', version: '1' }),
  headers: Record<string, string> = {},
): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { ...headers, authorization: `Bearer ${token}` } },
  });
  await client.connect(transport as Transport);
  return client;
}

/** Calls a tool that answers with text. */
export async function callMcp(
  client: Client,
  name: string,
  input: object = {},
): Promise<{ text: string; isError: boolean }> {
  const { content, isError } = await client.callTool({ name, arguments: { ...input } });
  const text = (content as { text: string }[]).map((block) => block.text).join('\n');
  return { text, isError: isError === true };
}
