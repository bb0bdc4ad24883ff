/**
 * What messengers want to know of a voice note: how long it is, and a picture of its loudness. Both are read from the Ogg pages
 * (RFC 3533) and Opus packets (RFC 7845) without decoding: time counts 48,000 samples a second, and since Opus spends more bytes where
 * more is to be heard, the sizes of the packets are a fair picture.
 */

/** A file of this type is shown as a voice note, which other files, also of sound, never have. It is what WhatsApp calls it too. */
export const VOICE_NOTE = 'audio/ogg; codecs=opus';

export interface VoiceNote {
  /** At least one. */
  seconds: number;
  /** 64 values from 0 to 255. */
  waveform: Uint8Array;
}

const SAMPLES_A_SECOND = 48_000;
const PAGE_HEAD = 27;
const NO_TIME = 0xffff_ffff_ffff_ffffn; // no packet ends on this page
const BARS = 64;

/** @returns null where it is no Ogg stream of Opus */
export function readOggOpus(data: Uint8Array): VoiceNote | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const sizes: number[] = [];
  let preSkip: number | null = null;
  let samples = 0n;
  for (let at = 0; at + PAGE_HEAD <= bytes.length && bytes.toString('latin1', at, at + 4) === 'OggS'; ) {
    const segments = bytes.readUInt8(at + 26);
    const body = at + PAGE_HEAD + segments;
    const lacing = bytes.subarray(at + PAGE_HEAD, body);
    const end = lacing.reduce((sum, size) => sum + size, body);
    if (end > bytes.length) break; // a page that was cut
    if (preSkip === null) {
      if (bytes.toString('latin1', body, body + 8) !== 'OpusHead' || body + 12 > bytes.length) return null;
      preSkip = bytes.readUInt16LE(body + 10);
    }
    const time = bytes.readBigUInt64LE(at + 6);
    if (time !== NO_TIME && time > samples) samples = time;
    let packet = 0;
    for (const size of lacing) {
      packet += size;
      if (size === 255) continue;
      sizes.push(packet);
      packet = 0;
    }
    at = end;
  }
  if (preSkip === null) return null;
  const seconds = (Number(samples) - preSkip) / SAMPLES_A_SECOND;
  return { seconds: Math.max(1, Math.round(seconds)), waveform: bars(sizes.slice(2)) }; // the first two are headers
}

function bars(sizes: readonly number[]): Uint8Array {
  const most = sizes.reduce((largest, size) => Math.max(largest, size), 1);
  return Uint8Array.from({ length: BARS }, (_, bar) => {
    const from = Math.floor((bar * sizes.length) / BARS);
    const until = Math.max(from + 1, Math.floor(((bar + 1) * sizes.length) / BARS));
    const loudest = sizes.slice(from, until).reduce((largest, size) => Math.max(largest, size), 0);
    return Math.round((loudest / most) * 255);
  });
}
