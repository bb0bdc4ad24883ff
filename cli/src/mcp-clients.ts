/** The entry for Moby in the configuration of usual MCP clients, each in its own form. */

export const MCP_CLIENTS = ['claude-desktop', 'cursor', 'vscode', 'generic'] as const;

export type McpClient = (typeof MCP_CLIENTS)[number];

export interface ClientEntry {
  title: string;
  /** Where it goes. */
  file: string;
  json: unknown;
}

/** @param url of the gateway's /mcp */
export function clientEntry(client: McpClient, url: string, token: string): ClientEntry {
  const authorization = `Bearer ${token}`;
  switch (client) {
    case 'claude-desktop':
      return {
        title: 'Claude Desktop',
        file: 'claude_desktop_config.json (Settings, Developer, Edit Config)',
        // It starts local programs only, so mcp-remote goes between. The header is put together from the environment,
        // because some systems cut arguments at spaces.
        json: {
          mcpServers: {
            moby: {
              command: 'npx',
              args: [
                '-y',
                'mcp-remote',
                url,
                '--transport',
                'http-only',
                '--header',
                // biome-ignore lint/suspicious/noTemplateCurlyInString: mcp-remote fills it in
                'Authorization:${AUTHORIZATION}',
              ],
              env: { AUTHORIZATION: authorization },
            },
          },
        },
      };
    case 'cursor':
      return {
        title: 'Cursor',
        file: '~/.cursor/mcp.json',
        json: { mcpServers: { moby: { url, headers: { Authorization: authorization } } } },
      };
    case 'vscode':
      return {
        title: 'VS Code',
        file: 'mcp.json of your profile ("MCP: Open User Configuration")',
        json: { servers: { moby: { type: 'http', url, headers: { Authorization: authorization } } } },
      };
    case 'generic':
      return {
        title: 'Any other client',
        file: 'streamable HTTP, with a header',
        json: { type: 'streamable-http', url, headers: { Authorization: authorization } },
      };
  }
}
