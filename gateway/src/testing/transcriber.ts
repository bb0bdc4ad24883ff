/** A server that transcribes: hears what the test tells it, when the test lets it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Transcriber {
  /** For the gateway. */
  env: Record<string, string>;
  /** What it was sent: path, authorization and form. */
  readonly heard: string[];
  /** What it hears in everything. */
  says: string;
  /** Until this resolves, nobody gets an answer. */
  gate: Promise<void>;
}

export async function startTranscriber(text: string): Promise<Transcriber> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      transcriber.heard.push(
        `${request.url} ${request.headers.authorization} ${Buffer.concat(chunks).toString()}`,
      );
      await transcriber.gate;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ text: transcriber.says }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const transcriber: Transcriber = {
    env: { MOBYCLAW_TRANSCRIBE_URL: url, MOBYCLAW_TRANSCRIBE_KEY: 'k' },
    heard: [],
    says: text,
    gate: Promise.resolve(),
  };
  return transcriber;
}
