/** Media that people sent: fetched from WhatsApp's servers and decrypted by the key that came with the message. */
import { createDecipheriv, hkdfSync } from 'node:crypto';
import { HttpGetError, httpGet } from '../http-get.ts';
import { WhatsAppError } from './errors.ts';
import type { MediaRef } from './message-content.ts';

const DOWNLOAD_MS = 60_000;
const MEDIA_HOST = 'mmg.whatsapp.net'; // Baileys: DEF_MEDIA_HOST
const MARK_BYTES = 10; // at the end of what is sealed
const SEALED_EXTRA_BYTES = 16 + MARK_BYTES; // a block that is filled up

/** What the keys of a kind are made for. Baileys: MEDIA_HKDF_KEY_MAPPING */
const KEY_PURPOSES: Record<MediaRef['type'], string> = {
  image: 'WhatsApp Image Keys',
  sticker: 'WhatsApp Image Keys',
  video: 'WhatsApp Video Keys',
  audio: 'WhatsApp Audio Keys',
  document: 'WhatsApp Document Keys',
};

/**
 * @param own where WhatsApp is asked at an address of one's own, media may be there too
 * @throws WhatsAppError
 */
export async function downloadMedia(ref: string, mostBytes: number, own: boolean): Promise<Uint8Array> {
  const media = JSON.parse(ref) as MediaRef;
  const address = mediaAddress(media, own);
  try {
    const sealed = await httpGet(address, {
      mostBytes: mostBytes + SEALED_EXTRA_BYTES,
      timeoutMs: DOWNLOAD_MS,
      mayAsk: (hop) => isAllowed(hop, own),
      headers: { origin: 'https://web.whatsapp.com' },
    });
    const data = open(sealed, media);
    if (data.length > mostBytes)
      throw new HttpGetError('too-large', `The file is larger than ${mostBytes / 1e6} MB.`);
    return data;
  } catch (error) {
    throw toDownloadError(error);
  }
}
/**
 * The sender names the address, so it is taken only where it is WhatsApp's. A path could hide another host (`@127.0.0.1/x`);
 * so the host is looked at when it stands behind one.
 * @throws WhatsAppError
 */
export function mediaAddress({ path, url }: Pick<MediaRef, 'path' | 'url'>, own: boolean): URL {
  const address = URL.parse(path === undefined ? (url ?? '') : `https://${MEDIA_HOST}${path}`);
  const named = path === undefined || (address?.hostname === MEDIA_HOST && path.startsWith('/'));
  if (address && named && isAllowed(address, own && path === undefined)) return address;
  throw elsewhere();
}

function isAllowed({ protocol, hostname, port, username, password }: URL, own: boolean): boolean {
  const whatsApp = hostname.endsWith('.whatsapp.net') && protocol === 'https:' && port === '';
  const local = own && (hostname === '127.0.0.1' || hostname === 'localhost');
  return (whatsApp || local) && username === '' && password === '';
}

/** https://github.com/WhiskeySockets/Baileys: AES-256-CBC by keys that are made from that of the message. */
function open(sealed: Uint8Array, { key, type }: MediaRef): Buffer {
  const keys = Buffer.from(
    hkdfSync('sha256', Buffer.from(key, 'base64'), Buffer.alloc(0), KEY_PURPOSES[type], 112),
  );
  const cipher = createDecipheriv('aes-256-cbc', keys.subarray(16, 48), keys.subarray(0, 16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -MARK_BYTES)), cipher.final()]);
}

function toDownloadError(error: unknown): WhatsAppError {
  if (!(error instanceof HttpGetError)) {
    const message = 'The file cannot be opened: it is not what its key was made for.';
    return new WhatsAppError({ method: 'download', code: 'damaged', message, remedy: 'none', cause: error });
  }
  const { code, message } = error;
  if (code === 'elsewhere') return elsewhere();
  if (code === '404' || code === '410') return failed(code, 'WhatsApp has the file no more.', 'none');
  const passing = code === 'timeout' || code === 'network' || code.startsWith('5');
  return failed(code, message, passing ? 'retry' : 'none');
}

function elsewhere(): WhatsAppError {
  return failed('elsewhere', 'The file is not on the servers of WhatsApp.', 'none');
}

function failed(code: string, message: string, remedy: 'retry' | 'none'): WhatsAppError {
  return new WhatsAppError({ method: 'download', code, message, remedy });
}
