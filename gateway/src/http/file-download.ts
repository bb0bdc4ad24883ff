/** A file of a turn as a download. A browser shows none of it but pictures that cannot run anything, in an `<img>` of the page. */
import type { Attachment } from '@mobyclaw/protocol/prompt';
import type { Response } from 'express';

const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/; // not SVG, which is a program

export function sendFile(response: Response, { name, mime, data }: Attachment): void {
  response.set({
    'content-type': SHOWN.test(mime) ? mime : 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${encodeName(name)}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, max-age=86400, immutable',
  });
  response.end(Buffer.from(data, 'base64'));
}

/** As RFC 8187 wants it; half a surrogate pair, which has no UTF-8, becomes a sign that says so. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*!]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
