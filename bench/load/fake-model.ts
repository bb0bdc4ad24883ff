/**
 * A model provider that costs next to nothing, as a process of its own: every chat completion is 20 words, one each 20 ms,
 * the first included. What it is asked is not even parsed, so that the size of a request counts as its sender's work alone.
 * Says its base URL on stdout once it listens.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const WORDS = 20;
const EVERY_MS = 20;

const head = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench"';
const choice = (delta: string, reason: string): string =>
  `data: {${head},"choices":[{"index":0,"delta":${delta},"finish_reason":${reason}}]}\n\n`;
const WORD = choice('{"role":"assistant","content":"word "}', 'null');
const END = `${choice('{}', '"stop"')}data: {${head},"choices":[],"usage":{"prompt_tokens":120,"completion_tokens":20}}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream(response, WORDS);
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}/v1\n`);
});

function stream(response: ServerResponse, left: number): void {
  setTimeout(() => {
    if (left === 0) response.end(END);
    else if (response.write(WORD) || !response.destroyed) stream(response, left - 1);
  }, EVERY_MS);
}
