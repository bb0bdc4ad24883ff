/**
 * Lines of a file from its descriptor, in memory that does not grow with the file: chunks are read in turn, lines that
 * are not wanted are only counted, and one that is too long is cut.
 */
import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;
const MAX_LINE_BYTES = 4_000; // minified code says nothing in its millionth column
const MAX_ANSWER_BYTES = 40_000; // agents cut tool results at about 50 KB; better to cut at a line and to say so
const MAX_COUNTED_BYTES = 64 * 1024 * 1024; // past this the answer no longer waits for the number of lines

export interface Lines {
  lines: string[];
  /** Lines in the whole file; null where it is too large to count. */
  total: number | null;
}

/** @param from first line, from 1; @param max how many at most */
export async function readLines(file: FileHandle, from: number, max: number): Promise<Lines> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const lines: string[] = [];
  let answerBytes = 0;
  let full = false;
  let number = 1;
  let parts: Buffer[] = [];
  let lineBytes = 0;
  let position = 0;
  const take = (part: Buffer): void => {
    const room = MAX_LINE_BYTES - lineBytes;
    if (number >= from && !full && room > 0) parts.push(Buffer.from(part.subarray(0, room)));
    lineBytes += part.length;
  };
  const endLine = (): void => {
    if (number >= from && !full) {
      const text = lineText(Buffer.concat(parts), lineBytes);
      answerBytes += Buffer.byteLength(text) + 1;
      if (answerBytes > MAX_ANSWER_BYTES && lines.length > 0) full = true;
      else lines.push(text);
      if (lines.length >= max) full = true;
    }
    number++;
    parts = [];
    lineBytes = 0;
  };
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const read = chunk.subarray(0, bytesRead);
    let start = 0;
    for (let end = read.indexOf(10); end !== -1; end = read.indexOf(10, start)) {
      take(read.subarray(start, end));
      endLine();
      start = end + 1;
    }
    take(read.subarray(start));
    if (full && position > MAX_COUNTED_BYTES) return { lines, total: null };
  }
  if (lineBytes > 0) endLine();
  return { lines, total: number - 1 };
}

function lineText(kept: Buffer, bytes: number): string {
  const text = kept.toString('utf8').replace(/^\uFEFF/, '');
  if (bytes > kept.length) return `${text.replace(/\uFFFD+$/, '')}… [cut: the line has ${bytes} bytes]`;
  return text.replace(/\r$/, '');
}
