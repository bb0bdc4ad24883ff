/**
 * Blocks of server-sent events to one reader, compressed where he takes it: single tokens are mostly frame. So the stream has
 * no chunks either, and ends with its connection; and a flush only ends a block of deflate: 10 bits instead of the 50 of the
 * usual one. zlib then keeps up to 7 bits back (its manual, on Z_BLOCK). With fixed codes those are always part of the 7 that
 * end the block, never of the text, so a reader has all of it at once. A reader who is too slow is cut off, and comes back
 * with the id of the last block he had.
 */
import { constants, createGzip } from 'node:zlib';
import type { Clock } from '@mobyclaw/lib/clock';
import type { Request, Response } from 'express';
import { keepAlive } from './keep-alive.ts';

const MOST_BUFFERED_BYTES = 4 * 1024 * 1024;
const GZIP = {
  flush: constants.Z_BLOCK,
  strategy: constants.Z_FIXED,
  windowBits: 15,
  memLevel: 6,
  level: 9,
}; // 170 kB a reader

/** Streams until the reader leaves. @param join starts the blocks and returns how to end them */
export function streamBlocks(
  request: Request,
  response: Response,
  clock: Clock,
  join: (reader: (block: string) => void) => () => void,
): void {
  const compressed = /\bgzip\b/.test(request.get('accept-encoding') ?? '');
  response.removeHeader('transfer-encoding'); // to Node: without chunks
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'x-accel-buffering': 'no',
    ...(compressed && { 'content-encoding': 'gzip', vary: 'accept-encoding' }),
  });
  const gzip = compressed ? createGzip(GZIP) : null;
  gzip?.pipe(response);
  const write = (text: string): void => {
    if (response.destroyed) return;
    (gzip ?? response).write(text);
    if (response.writableLength + (gzip?.writableLength ?? 0) > MOST_BUFFERED_BYTES) response.destroy();
  };
  keepAlive(response, clock, write);
  const leave = join(write);
  response.on('close', () => {
    leave();
    gzip?.destroy();
  });
}
