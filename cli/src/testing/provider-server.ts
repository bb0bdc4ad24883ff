/** Stands for a model provider: lists models to who has the key. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ProviderServer {
  url: string;
  /** Paths asked for, and the key that came with each. */
  seen: { path: string; key: string | undefined }[];
}

export async function startProvider(
  key: string | null,
  models: readonly string[],
  { status = 200 } = {},
): Promise<ProviderServer> {
  const seen: ProviderServer['seen'] = [];
  const server = createServer((request, response) => {
    const header = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^Bearer /, '');
    const given = Array.isArray(header) ? header[0] : header;
    seen.push({ path: request.url ?? '', key: given });
    const refused = key !== null && given !== key;
    response.writeHead(refused ? 401 : status, { 'content-type': 'application/json' });
    const message = `Incorrect API key provided: ${given}. You can find yours in the console.`;
    response.end(JSON.stringify(refused ? { error: { message } } : { data: models.map((id) => ({ id })) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
