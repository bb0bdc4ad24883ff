/** What an MCP server of ours is told by its environment, besides where to listen. */
import { allowedHostsSchema, secretSchema } from '@mobyclaw/lib/part-settings';

export const mcpSettings = {
  MOBYCLAW_MCP_TOKEN: secretSchema,
  MOBYCLAW_ALLOWED_HOSTS: allowedHostsSchema,
};
