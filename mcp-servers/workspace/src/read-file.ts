/** `workspace_read`: lines of a text, a picture as a picture, and of anything else what it is. */
import type { FileHandle } from 'node:fs/promises';
import { type McpAnswer, ToolError } from '@mobyclaw/mcp/tool';
import { fileKind, HEAD_BYTES } from './file-kind.ts';
import { fileVersion } from './file-version.ts';
import { readLines } from './line-reader.ts';
import { openRegularFile } from './regular-file.ts';
import { shownSize } from './shown.ts';
import { atPlace } from './walk.ts';
import type { Address } from './workspaces.ts';

const MAX_IMAGE_BYTES = 2 * 1024 * 1024; // the agent stores it with the conversation; providers refuse more than 5 MB in base64

export interface LineRange {
  fromLine: number;
  maxLines: number;
}

/** @throws ToolError where there is no such file, or it is none to read */
export function readFile(address: Address, range: LineRange): Promise<McpAnswer> {
  return atPlace(address, { end: 'target' }, async ({ folder, name }) => {
    if (name === null) throw new ToolError(`${address.shown} is a folder. Use workspace_list.`);
    const file = await openRegularFile(folder, name);
    try {
      return await answer(file, address.shown, range);
    } finally {
      await file.close();
    }
  });
}

async function answer(file: FileHandle, shown: string, range: LineRange): Promise<McpAnswer> {
  const stats = await file.stat({ bigint: true });
  const size = Number(stats.size);
  const head = Buffer.alloc(Math.min(HEAD_BYTES, Math.max(size, 1)));
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const kind = fileKind(head.subarray(0, bytesRead));
  const title = `${shown}, ${shownSize(size)}, version ${fileVersion(stats)}`;
  if (kind.is === 'binary')
    return `${title}: a binary file (${kind.what}). Its content cannot be shown here.`;
  if (kind.is === 'image') return image(file, title, kind.mimeType, size);
  if (bytesRead === 0) return `${title}: empty.`;
  return text(file, title, range);
}

async function image(file: FileHandle, title: string, mimeType: string, size: number): Promise<McpAnswer> {
  if (size > MAX_IMAGE_BYTES) {
    return `${title}: an image (${mimeType}), larger than the ${shownSize(MAX_IMAGE_BYTES)} that can be shown. Make a smaller copy of it in the shell.`;
  }
  const data = Buffer.alloc(size);
  const { bytesRead } = await file.read(data, 0, size, 0);
  return [
    { type: 'text', text: `${title}: an image (${mimeType}).` },
    { type: 'image', data: data.toString('base64', 0, bytesRead), mimeType },
  ];
}

async function text(file: FileHandle, title: string, { fromLine, maxLines }: LineRange): Promise<string> {
  const { lines, total } = await readLines(file, fromLine, maxLines);
  if (lines.length === 0) return `${title}: it has ${total} lines only.`;
  const last = fromLine - 1 + lines.length;
  const rest = total === null || last < total ? ` Go on with from_line ${last + 1}.` : '';
  return `${title}, lines ${fromLine} to ${last} of ${total ?? 'very many'}.${rest}\n\n${lines.join('\n')}`;
}
