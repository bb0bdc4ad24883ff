/** The two ways in which a call gets no answer from its MCP server. */

/** The connection broke, or the server is gone: whether the call acted is not known. */
export class McpConnectionError extends Error {
  override name = 'McpConnectionError';
}

/** The server does not know the session any more, and refused the request for it: nothing ran. */
export class McpSessionGoneError extends Error {
  override name = 'McpSessionGoneError';
}

/** Whether nothing answers at the server's address, or what answers there knows nothing of this connection. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof McpSessionGoneError || error instanceof TypeError; // the form of a failed `fetch`
}

/** The message of an error with those of its causes: "fetch failed" alone tells nobody anything. */
export function causes(error: unknown): string {
  const messages: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    const text = next.message || (next as NodeJS.ErrnoException).code || next.name;
    if (!messages.some((message) => message.includes(text))) messages.push(text);
  }
  return messages.join(': ') || String(error);
}
