/**
 * Files that came with a message, as the model can take them: pictures and text as attachments, speech as its words. For
 * everything else there is a polite line to the person, and the model is told that something was there.
 */
import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { type Attachment, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '@mobyclaw/protocol/prompt';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import { isSupported } from '../turns/attachments.ts';
import type { InboundFile } from './channel.ts';
import { ChannelError } from './channel-error.ts';
import { TranscriptionError, transcribe } from './transcription.ts';

const MOST_VOICE_BYTES = 20_000_000;
const TRIES = 3;
const BACKOFF = { firstMs: 1000, maxMs: 10_000 };

export interface ReadFiles {
  attachments: Attachment[];
  /** What was said, in words. */
  spoken: string[];
  /** Why a file was not taken, for the person. */
  refusals: string[];
}

export interface FileReaderOptions {
  download: (ref: string, mostBytes: number) => Promise<Uint8Array>;
  transcription: TranscriptionSettings | null;
  clock: Clock;
}

/** Never throws for what is wrong with a file, the platform or the transcription. */
export async function readFiles(
  files: readonly InboundFile[],
  options: FileReaderOptions,
): Promise<ReadFiles> {
  const read: ReadFiles = { attachments: [], spoken: [], refusals: [] };
  for (const file of files) {
    if (read.attachments.length >= MAX_ATTACHMENTS) {
      read.refusals.push(
        `I take ${MAX_ATTACHMENTS} files with one message; "${file.name}" was one too many.`,
      );
      continue;
    }
    try {
      await readFile(file, options, read);
    } catch (error) {
      if (!(error instanceof ChannelError || error instanceof TranscriptionError)) throw error;
      read.refusals.push(`I could not take "${file.name}". ${error.message}`);
    }
  }
  return read;
}

async function readFile(file: InboundFile, options: FileReaderOptions, read: ReadFiles): Promise<void> {
  const { name, mime, kind, bytes } = file;
  if (kind === 'other') {
    read.refusals.push(
      `I cannot look at "${name}" (${mime}) yet; pictures, text files and voice messages I can.`,
    );
    return;
  }
  if (kind === 'voice' && options.transcription === null) {
    read.refusals.push(
      'I cannot listen to voice messages yet. My owner can set MOBYCLAW_TRANSCRIBE_URL; until then, please write.',
    );
    return;
  }
  const most = kind === 'voice' ? MOST_VOICE_BYTES : MAX_ATTACHMENT_BYTES;
  if (bytes !== null && bytes > most) {
    read.refusals.push(`"${name}" is too large; I take up to ${most / 1e6} MB.`);
    return;
  }
  const data = await download(file, most, options);
  if (kind === 'voice' && options.transcription) {
    const text = await transcribe(options.transcription, { name, mime, data });
    if (text === '') read.refusals.push('I could not make out any words in your voice message.');
    else read.spoken.push(text);
    return;
  }
  const attachment = toAttachment(name, mime, data);
  if (attachment) read.attachments.push(attachment);
  else
    read.refusals.push(`I cannot read "${name}" (${mime}); pictures (PNG, JPEG, GIF, WebP) and text I can.`);
}

/** A file whose type the model does not take may still be text: source code has a hundred types. */
function toAttachment(name: string, mime: string, data: Uint8Array): Attachment | null {
  const attachment = { name: name.slice(0, 200), mime, data: Buffer.from(data).toString('base64') };
  if (isSupported(attachment)) return attachment;
  return isText(data) ? { ...attachment, mime: 'text/plain' } : null;
}

function isText(data: Uint8Array): boolean {
  if (data.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(data);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function download(
  file: InboundFile,
  mostBytes: number,
  options: FileReaderOptions,
): Promise<Uint8Array> {
  for (let failures = 1; ; failures++) {
    try {
      return await options.download(file.ref, mostBytes);
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy !== 'retry' || failures >= TRIES) throw error;
      await pause(options.clock, Math.max(backoffMs(failures, BACKOFF), error.retryAfterMs ?? 0));
    }
  }
}
