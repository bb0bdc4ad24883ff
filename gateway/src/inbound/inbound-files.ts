/**
 * Files that came with a message, as the model can take them: pictures as they are, the text of documents, the words of
 * recordings. For everything else there is a polite line to the person, which says what to send instead, and the model is
 * told that something was there.
 */

import { backoffMs } from '@mobyclaw/lib/backoff';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { cutText } from '@mobyclaw/lib/cut-text';
import { imageTypeOf } from '@mobyclaw/lib/media-type';
import { plainFileName, quotedFileName } from '@mobyclaw/lib/plain-name';
import { type Attachment, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS } from '@mobyclaw/protocol/prompt';
import type { InboundFile } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import { readOggOpus } from '../channels/ogg-opus.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import * as refusals from './file-refusals.ts';
import { readPdf } from './pdf-text.ts';
import { TranscriptionError, transcribe } from './transcription.ts';

const MOST_BYTES = 20_000_000; // of what is only listened to or read out; Telegram gives no more
const MOST_TEXT_CHARS = 100_000; // of one file: about 25,000 tokens
const TRIES = 3;
const BACKOFF = { firstMs: 1000, maxMs: 10_000 };

export interface ReadFiles {
  attachments: Attachment[];
  /** What the sender said, in words. */
  spoken: string[];
  /** Why a file was not taken, for the person. */
  refusals: string[];
  /** What the model should know of the files, a line each. */
  notes: string[];
}

export interface FileReaderOptions {
  download: (ref: string, mostBytes: number) => Promise<Uint8Array>;
  transcription: TranscriptionSettings | null;
  /** Something was listened to. @param seconds null where nobody knows how long it was */
  onListened?: (seconds: number | null) => void;
  clock: Clock;
  /** Ends the reading, with the reason of the signal. */
  signal: AbortSignal;
}

/** A file that is not taken; the message is for the person. */
class Refused extends Error {
  override name = 'Refused';
}

export function nothingRead(): ReadFiles {
  return { attachments: [], spoken: [], refusals: [], notes: [] };
}

/**
 * Never throws for what is wrong with a file, the platform or the transcription.
 * @param quoted they are of the message that is answered: what was said in them is not said by the sender, and what cannot
 * be read is of interest to the model alone
 * @throws the reason of the signal
 */
export async function readFiles(
  files: readonly InboundFile[],
  quoted: readonly InboundFile[],
  options: FileReaderOptions,
): Promise<ReadFiles> {
  const read = nothingRead();
  for (const file of [...files, ...quoted]) {
    const own = files.includes(file);
    try {
      if (read.attachments.length >= MAX_ATTACHMENTS) throw new Refused(tooMany(file));
      await within(readFile(file, own, options, read), options.signal);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof ChannelError || error instanceof TranscriptionError) {
        read.refusals.push(`I could not take ${quotedFileName(file.name)}. ${error.message}`);
      } else if (error instanceof Refused) read.refusals.push(error.message);
      else throw error;
      if (!own) read.notes.push(`The message that it answers has a file: ${read.refusals.pop()}`);
    }
  }
  return read;
}

function tooMany({ name }: InboundFile): string {
  return `I take ${MAX_ATTACHMENTS} files with one message; ${quotedFileName(name)} was one too many.`;
}

async function readFile(
  file: InboundFile,
  own: boolean,
  options: FileReaderOptions,
  read: ReadFiles,
): Promise<void> {
  switch (file.kind) {
    case 'other':
      throw new Refused(refusals.cannotRead(file));
    case 'image':
      read.attachments.push(await readImage(file, options));
      return;
    case 'document':
      read.attachments.push(await readDocument(file, options, read));
      return;
    case 'voice':
      if (own) read.spoken.push(await listen(file, options));
      else read.attachments.push(transcript(file, await listen(file, options), read));
      return;
    case 'audio':
      read.attachments.push(transcript(file, await listen(file, options), read));
      return;
  }
}

/** The smaller rendition where the picture itself is too large, or of a kind that models do not take. */
async function readImage(file: InboundFile, options: FileReaderOptions): Promise<Attachment> {
  const { bytes, smaller } = file;
  let data: Uint8Array | null = null;
  if (bytes === null || bytes <= MAX_ATTACHMENT_BYTES)
    data = await orNone(file, download(file.ref, MAX_ATTACHMENT_BYTES, options));
  if ((!data || !imageTypeOf(data)) && smaller !== undefined) {
    data = await download(smaller, MAX_ATTACHMENT_BYTES, options);
  }
  if (!data) throw new Refused(refusals.tooLarge(file, MAX_ATTACHMENT_BYTES));
  const mime = imageTypeOf(data);
  if (mime !== null) return toAttachment(file, mime, data);
  const text = textOf(data); // SVG
  if (text === null) throw new Refused(refusals.cannotRead(file));
  return toAttachment(file, 'text/plain', data);
}

/** @returns null where it cannot be had and there is a smaller one */
async function orNone({ smaller }: InboundFile, download: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await download;
  } catch (error) {
    if (smaller === undefined || !(error instanceof ChannelError)) throw error;
    return null;
  }
}

/** A file whose type nobody knows may still be text: source code has a hundred types. */
async function readDocument(
  file: InboundFile,
  options: FileReaderOptions,
  read: ReadFiles,
): Promise<Attachment> {
  const pdf = file.mime === 'application/pdf' || /\.pdf$/i.test(file.name);
  const data = await downloadUpTo(pdf ? MOST_BYTES : MAX_ATTACHMENT_BYTES, file, options);
  if (pdf) return readPdfFile(file, data, options, read);
  const image = imageTypeOf(data);
  if (image !== null) return toAttachment(file, image, data);
  const text = textOf(data);
  if (text === null) throw new Refused(refusals.cannotRead(file));
  if (text.length <= MOST_TEXT_CHARS) return toAttachment(file, 'text/plain', data);
  read.notes.push(
    `${quotedFileName(file.name)} is cut: you see its first ${MOST_TEXT_CHARS} characters of ${text.length}.`,
  );
  return toAttachment(file, 'text/plain', Buffer.from(cutText(text, MOST_TEXT_CHARS)));
}

async function readPdfFile(
  file: InboundFile,
  data: Uint8Array,
  { clock, signal }: FileReaderOptions,
  read: ReadFiles,
): Promise<Attachment> {
  const outcome = await readPdf(data, MOST_TEXT_CHARS, clock, signal);
  if (outcome.kind === 'locked') throw new Refused(refusals.lockedPdf(file));
  if (outcome.kind === 'heavy') throw new Refused(refusals.heavyPdf(file));
  if (outcome.kind !== 'text') throw new Refused(refusals.brokenPdf(file));
  const { text, pages, readPages } = outcome;
  if (text === '') throw new Refused(refusals.scannedPdf(file));
  const cut = text.length >= MOST_TEXT_CHARS || readPages < pages;
  const part = cut ? `it is cut within page ${readPages} of ${pages}` : `all ${pages} pages`;
  read.notes.push(
    `Of the PDF ${quotedFileName(file.name)} you see the text alone (${part}), without its pictures and its layout.`,
  );
  return toAttachment(file, 'text/plain', Buffer.from(text));
}

/** @throws Refused, TranscriptionError */
async function listen(file: InboundFile, options: FileReaderOptions): Promise<string> {
  const { transcription, onListened, signal } = options;
  if (transcription === null) throw new Refused(refusals.NO_TRANSCRIPTION);
  const { name, mime } = file;
  const data = await downloadUpTo(MOST_BYTES, file, options);
  const { text, seconds } = await transcribe(transcription, { name, mime, data }, signal);
  onListened?.(seconds ?? readOggOpus(data)?.seconds ?? null);
  if (text === '') throw new Refused(`I could not make out any words in ${quotedFileName(name)}.`);
  return text;
}

/** What is said in a recording is not what the sender says. */
function transcript(file: InboundFile, text: string, read: ReadFiles): Attachment {
  read.notes.push(
    `Of the recording ${quotedFileName(file.name)} you see a transcript; words may be misheard.`,
  );
  return toAttachment(file, 'text/plain', Buffer.from(text));
}

function toAttachment({ name }: InboundFile, mime: string, data: Uint8Array): Attachment {
  return { name: plainFileName(name), mime, data: Buffer.from(data).toString('base64') };
}

/** @returns null where it is no text */
function textOf(data: Uint8Array): string | null {
  if (data.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function downloadUpTo(most: number, file: InboundFile, options: FileReaderOptions): Promise<Uint8Array> {
  if (file.bytes !== null && file.bytes > most) throw new Refused(refusals.tooLarge(file, most));
  return download(file.ref, most, options);
}

async function download(ref: string, mostBytes: number, options: FileReaderOptions): Promise<Uint8Array> {
  for (let failures = 1; ; failures++) {
    try {
      return await options.download(ref, mostBytes);
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy !== 'retry' || failures >= TRIES) throw error;
      const pauseMs = Math.max(backoffMs(failures, BACKOFF), error.retryAfterMs ?? 0);
      await pause(options.clock, pauseMs, options.signal);
      options.signal.throwIfAborted();
    }
  }
}

/** Settles with the work, or rejects at once when the signal is aborted; the work then goes on, and its result is dropped. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
