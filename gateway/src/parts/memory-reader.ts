/** Reads the owner's MEMORY.md from the memory server, by one call of its tool `memory_read`. */
import http from 'node:http';

const TIMEOUT_MS = 5000;
const MOST_BYTES = 1_000_000;

/**
 * @param url of the memory server, without path
 * @returns the text for the owner; what is wrong where it cannot be had
 */
export async function readMemoryFile(url: string | undefined, token: string | undefined): Promise<string> {
  if (url === undefined || token === undefined) return 'No memory server is configured.';
  try {
    const answer = await post(new URL('/mcp', url), token, {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'memory_read', arguments: { file: 'MEMORY.md' } },
    });
    return textOf(JSON.parse(answer)) ?? 'The memory server gave no text.';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `The memory server does not answer (${code ?? message}). "mobyclaw status" shows whether it runs.`;
  }
}

function textOf(answer: { result?: { content?: { type: string; text?: string }[] } }): string | null {
  const texts = answer.result?.content?.flatMap(({ text }) => text ?? []) ?? [];
  return texts.length === 0 ? null : texts.join('\n');
}

function post(url: URL, token: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
    };
    const options = { method: 'POST', headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const request = http.request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MOST_BYTES) request.destroy(new Error('too much'));
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}
