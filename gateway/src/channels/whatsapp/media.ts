/** Media that people sent: fetched from WhatsApp's servers and decrypted by the key that came with the message. */
import type { Clock } from '@mobyclaw/lib/clock';
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import { late, toCallError, WhatsAppError } from './errors.ts';
import type { Baileys } from './library.ts';
import type { MediaRef } from './message-content.ts';

const DOWNLOAD_MS = 60_000;

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
  const place = placeOf(path, url, own);
  const work = async (): Promise<Uint8Array> => {
    const stream = await baileys.downloadContentFromMessage(
      { mediaKey: Buffer.from(key, 'base64'), ...place },
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

/** The sender names the address, so it is taken only where it is WhatsApp's. */
function placeOf(
  path: string | undefined,
  url: string | undefined,
  own: boolean,
): { directPath?: string; url?: string } {
  if (path !== undefined) return { directPath: path };
  const { protocol, hostname } = new URL(url ?? 'none:');
  const whatsApp = protocol === 'https:' && hostname.endsWith('.whatsapp.net');
  const local = own && (hostname === '127.0.0.1' || hostname === 'localhost');
  if (url !== undefined && (whatsApp || local)) return { url };
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
