/**
 * Spoken words as text, by any server with OpenAI's `POST /audio/transcriptions`
 * (https://platform.openai.com/docs/api-reference/audio/createTranscription).
 */
import { nodeFetch } from '@mobyclaw/lib/node-fetch';
import { proxyTrouble } from '@mobyclaw/lib/proxy';
import type { TranscriptionSettings } from '../config/channels-config.ts';

const TIMEOUT_MS = 120_000; // a long message on a slow machine of one's own

export class TranscriptionError extends Error {
  override name = 'TranscriptionError';
}

/**
 * @returns how long it was too, where the server says so
 * @throws TranscriptionError, whose message is for the person who spoke; the reason of the signal
 */
export async function transcribe(
  settings: TranscriptionSettings,
  file: { name: string; mime: string; data: Uint8Array },
  signal: AbortSignal,
): Promise<{ text: string; seconds: number | null }> {
  const form = new FormData();
  form.set('model', settings.model);
  form.set('response_format', 'json');
  form.set('file', new Blob([new Uint8Array(file.data)], { type: file.mime }), file.name);
  let answer: unknown;
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await nodeFetch(`${settings.url}/audio/transcriptions`, {
      method: 'POST',
      body: form,
      headers: settings.key === undefined ? {} : { authorization: `Bearer ${settings.key}` },
      signal: AbortSignal.any([signal, limit]),
    });
    if (!response.ok)
      throw new TranscriptionError(`The transcription service refused it (HTTP ${response.status}).`);
    answer = await response.json();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TranscriptionError) throw error;
    const { cause } = error as Error & { cause?: { code?: string } };
    const trouble = proxyTrouble(cause?.code ?? '');
    const message = limit.aborted
      ? 'The transcription service took too long.'
      : trouble
        ? `The transcription service cannot be reached: ${trouble.message}.`
        : 'The transcription service does not answer.';
    throw new TranscriptionError(message, { cause: error });
  }
  const { text, usage } = answer as { text?: unknown; usage?: { seconds?: unknown } };
  if (typeof text !== 'string') throw new TranscriptionError('The transcription service gave no text.');
  return { text: text.trim(), seconds: typeof usage?.seconds === 'number' ? usage.seconds : null };
}
