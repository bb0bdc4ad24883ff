/** Media that people sent: fetched from WhatsApp's servers and decrypted by the key that came with the message. */
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import { late, toCallError, WhatsAppError } from './errors.ts';
import type { Baileys } from './library.ts';
import type { MediaRef } from './message-content.ts';

const DOWNLOAD_MS = 60_000;
const MEDIA_HOST = 'mmg.whatsapp.net'; // Baileys: DEF_MEDIA_HOST

/**
 * @param own where WhatsApp is asked at an address of one's own, media may be there too
 * @throws WhatsAppError
 */
export async function downloadMedia(
  baileys: Baileys,
  ref: string,
  mostBytes: number,
  clock: Clock,
  own: boolean,
): Promise<Uint8Array> {
  const { type, key, path, url } = JSON.parse(ref) as MediaRef;
  const address = addressOf(path, url, own);
  const work = async (): Promise<Uint8Array> => {
    const stream = await baileys.downloadContentFromMessage(
      { mediaKey: Buffer.from(key, 'base64'), url: address.href },
      type,
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes > mostBytes) {
        stream.destroy();
        const message = `The file is larger than ${mostBytes / 1e6} MB.`;
        throw new WhatsAppError({ method: 'download', code: 'too-large', message, remedy: 'none' });
      }
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  };
  try {
    return await withTimeout(clock, DOWNLOAD_MS, work(), () => {
      throw late('download');
    });
  } catch (error) {
    throw gone(error) ?? toCallError('download', error);
  }
}

/**
 * The sender names the address, so it is taken only where it is WhatsApp's. The library would set a path behind the host
 * as it is, which another host can hide in (`@127.0.0.1/x`); so it is given the address and no path.
 */
function addressOf(path: string | undefined, url: string | undefined, own: boolean): URL {
  const address = URL.parse(path === undefined ? (url ?? '') : `https://${MEDIA_HOST}${path}`);
  const { protocol, hostname, port, username, password } = address ?? new URL('none:');
  const named = path === undefined ? hostname.endsWith('.whatsapp.net') : hostname === MEDIA_HOST;
  const whatsApp = named && protocol === 'https:' && port === '' && path?.startsWith('/') !== false;
  const local = own && path === undefined && (hostname === '127.0.0.1' || hostname === 'localhost');
  if (address && (whatsApp || local) && username === '' && password === '') return address;
  throw new WhatsAppError({
    method: 'download',
    code: 'elsewhere',
    message: 'The file is not on the servers of WhatsApp.',
    remedy: 'none',
  });
}

function gone(error: unknown): WhatsAppError | null {
  const { statusCode } = (error as { output?: { statusCode?: number } }).output ?? {};
  if (statusCode !== 404 && statusCode !== 410) return null;
  const message = 'WhatsApp has the file no more.';
  return new WhatsAppError({ method: 'download', code: String(statusCode), message, remedy: 'none' });
}
