/**
 * Text as speech, by any server with OpenAI's `POST /audio/speech`
 * (https://platform.openai.com/docs/api-reference/audio/createSpeech), as Opus in Ogg, which is what messengers take as a voice note.
 */
import { nodeFetch } from '@mobyclaw/lib/node-fetch';
import type { SpeechSettings } from '../config/channels-config.ts';
import { SpeechError } from './speech-error.ts';

const TIMEOUT_MS = 120_000; // a long text on a slow machine of one's own
const MOST_BYTES = 15_000_000; // an hour of speech

/** @throws SpeechError; the reason of the signal */
export async function speakByServer(
  { url, key, model, voice }: SpeechSettings & { url: string },
  text: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await nodeFetch(`${url}/audio/speech`, {
      method: 'POST',
      body: JSON.stringify({ model, voice: voice ?? 'alloy', input: text, response_format: 'opus' }),
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      signal: AbortSignal.any([signal, limit]),
    });
    if (!response.ok) throw refused(response.status, response.headers.get('retry-after'));
    return await bounded(response.body);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SpeechError) throw error;
    const message = limit.aborted
      ? 'The speech service took too long.'
      : 'The speech service does not answer.';
    throw new SpeechError(message, { passing: true, cause: error });
  }
}

function refused(status: number, retryAfter: string | null): SpeechError {
  const passing = status === 429 || status >= 500;
  const seconds = Number(retryAfter);
  return new SpeechError(
    status === 401 || status === 403
      ? `The speech service refused the key (HTTP ${status}). Look at MOBYCLAW_SPEECH_KEY.`
      : `The speech service refused the text (HTTP ${status}).`,
    { passing, ...(retryAfter !== null && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}) },
  );
}

async function bounded(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MOST_BYTES) throw new SpeechError('The speech service sent too much.', { passing: false });
    pieces.push(piece);
  }
  if (bytes === 0) throw new SpeechError('The speech service sent nothing.', { passing: true });
  return Buffer.concat(pieces);
}
