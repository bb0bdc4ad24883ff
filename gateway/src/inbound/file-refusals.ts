/** Why a file was not taken, and what the person can send instead. */
import { extname } from 'node:path';
import { quotedFileName } from '@mobyclaw/lib/plain-name';
import type { InboundFile } from '../channels/channel.ts';

export const NO_TRANSCRIPTION =
  'I cannot listen to voice messages and recordings yet. My owner can set MOBYCLAW_TRANSCRIBE_URL; until then, please write.';

const TYPES = 'I take pictures (PNG, JPEG, GIF, WebP), PDF and text files';

/** By the end of the name. */
const INSTEAD: readonly [ends: RegExp, advice: string][] = [
  [/^\.(docx?|odt|pages|rtf|pptx?|odp|key|epub)$/, 'Save it as PDF and send that.'],
  [/^\.(xlsx?|ods|numbers)$/, 'Save it as CSV and send that.'],
  [/^\.(zip|rar|7z|tar|gz|tgz)$/, 'Unpack it, and send the files that matter.'],
  [/^\.(heic|heif|tiff?|bmp|avif|svg)$/, 'Send it as a photo, or save it as JPEG or PNG.'],
];

export function cannotRead({ name, mime, kind }: InboundFile): string {
  if (mime === '') return `I cannot look at ${name}. ${TYPES}, or say in words what it holds.`;
  if (mime.startsWith('video/')) {
    return `I cannot watch ${quotedFileName(name)}. Send a picture out of it, or its sound as an audio file.`;
  }
  const advice = INSTEAD.find(([ends]) => ends.test(extname(name).toLowerCase()))?.[1];
  if (kind === 'image')
    return `I cannot look at ${quotedFileName(name)} (${mime}). ${advice ?? INSTEAD[3]?.[1]}`;
  return `I cannot read ${quotedFileName(name)} (${mime}). ${advice ?? `${TYPES}.`}`;
}

export function tooLarge({ name, kind }: InboundFile, most: number): string {
  const advice =
    kind === 'image' ? ' Send it as a photo, and the app makes it smaller.' : ' Send the part that matters.';
  return `${quotedFileName(name)} is too large; I take up to ${most / 1e6} MB.${advice}`;
}

export function lockedPdf({ name }: InboundFile): string {
  return `${quotedFileName(name)} is locked by a password. Send it without one.`;
}

export function scannedPdf({ name }: InboundFile): string {
  return `${quotedFileName(name)} holds no text, only pictures of it. Send its pages as photos, and I look at them.`;
}

export function brokenPdf({ name }: InboundFile): string {
  return `I could not read ${quotedFileName(name)}: it is damaged, or no PDF. Save it anew and send that, or send its text.`;
}

export function heavyPdf({ name }: InboundFile): string {
  return `${quotedFileName(name)} takes more memory or time to read than I give to a document. Send the pages that matter, or its text.`;
}
