/**
 * An OpenAI-compatible `/v1/embeddings` whose vectors can be told beforehand: a text is the sum of its words, a word a direction
 * that follows from its letters, and words that the test names as one meaning share theirs.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PARTS = 64;

export interface EmbeddingsRequest {
  model: string;
  input: string[];
  authorization: string | undefined;
}

export interface FakeEmbeddings {
  /** `http://<host>:<port>/v1`. */
  baseUrl: string;
  requests: EmbeddingsRequest[];
  /** Answers with this status instead, or not at all while it is null. */
  status: number | null;
  close(): void;
}

/** @param meanings groups of words that mean the same */
export async function startFakeEmbeddings(
  meanings: readonly (readonly string[])[] = [],
): Promise<FakeEmbeddings> {
  const same = new Map(meanings.flatMap((words) => words.map((word) => [word, words[0] ?? word] as const)));
  const fake: FakeEmbeddings = { baseUrl: '', requests: [], status: 200, close: () => undefined };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { model, input } = JSON.parse(body) as { model: string; input: string[] };
      fake.requests.push({ model, input, authorization: request.headers.authorization });
      if (fake.status === null) return;
      const data = input.map((text, index) => ({ object: 'embedding', index, embedding: embed(text, same) }));
      response.writeHead(fake.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', model, data: data.toReversed() })); // the order is the index's
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  fake.close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return fake;
}

function embed(text: string, same: ReadonlyMap<string, string>): number[] {
  const vector = Array.from({ length: PARTS }, () => 0.01);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    let state = 2166136261;
    for (const sign of same.get(word) ?? word)
      state = Math.imul(state ^ (sign.codePointAt(0) ?? 0), 16777619) >>> 0;
    for (let part = 0; part < PARTS; part++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      vector[part] = (vector[part] ?? 0) + state / 2 ** 31 - 1;
    }
  }
  return vector;
}
