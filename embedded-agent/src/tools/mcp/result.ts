/**
 * What an MCP server answered, as the model is given it: texts apart from each other, pictures as pictures, and of what
 * a model cannot take a line that names it. Files, and texts that are too long, are put into the folder `received` of
 * the working directory, and the line says where: the model has other tools to read them.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutText } from '@mobyclaw/lib/cut-text';
import type { ToolResult } from '@mobyclaw/protocol/cagent';
import * as z from 'zod';
import { RECEIVED_FOLDER } from './received-folder.ts';

const MAX_TEXT_CHARS = 50_000; // about 12,000 tokens; a larger one says less than its beginning and a file
const MAX_PICTURE_CHARS = 5 * 1024 * 1024; // of base64; providers refuse larger ones
const MOST_PICTURES = 10;
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const MAX_NAME_CHARS = 60;

const text = z.string().nullish().catch(null);

/** Loose on purpose: what a server left out or misspelt must not hide what it said. */
export const callResultSchema = z.looseObject({
  content: z
    .array(
      z.looseObject({
        type: z.string(),
        text,
        data: text,
        mimeType: text,
        uri: text,
        name: text,
        resource: z.looseObject({ uri: text, mimeType: text, text, blob: text }).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().nullish().catch(null),
});

type CallResult = z.infer<typeof callResultSchema>;
type Block = NonNullable<CallResult['content']>[number];

export async function toToolResult(result: CallResult, workingDir: string): Promise<ToolResult> {
  const received = new Received(workingDir);
  for (const block of result.content ?? []) await received.add(block);
  const { structuredContent } = result;
  if (received.empty && structuredContent !== undefined && structuredContent !== null) {
    received.texts.push(JSON.stringify(structuredContent));
  }
  const { content: _, structuredContent: __, isError: ___, _meta, ...rest } = result;
  if (received.empty && Object.keys(rest).length > 0) received.texts.push(JSON.stringify(rest)); // of an old protocol
  const { images } = received;
  return {
    output: (await received.text()) || (images.length > 0 ? 'A picture.' : 'no output'),
    ...(result.isError ? { isError: true } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(structuredContent === undefined || isLong(structuredContent) ? {} : { structuredContent }),
  };
}

/** A copy for programs beside the text; one that would fill a line of the event stream is not worth it. */
function isLong(structured: unknown): boolean {
  return JSON.stringify(structured).length > MAX_TEXT_CHARS;
}

class Received {
  readonly texts: string[] = [];
  readonly images: NonNullable<ToolResult['images']> = [];
  readonly #folder: string;

  constructor(workingDir: string) {
    this.#folder = join(workingDir, RECEIVED_FOLDER);
  }

  get empty(): boolean {
    return this.texts.length === 0 && this.images.length === 0;
  }

  async add(block: Block): Promise<void> {
    switch (block.type) {
      case 'text':
        if (block.text) this.texts.push(block.text);
        return;
      case 'image':
      case 'audio':
        await this.#binary(block.data ?? '', block.mimeType ?? block.type, block.name ?? block.type);
        return;
      case 'resource_link':
        this.texts.push(`[${block.name ?? block.uri}](${block.uri ?? ''})`);
        return;
      case 'resource': {
        const { uri, mimeType, text: words, blob } = block.resource ?? {};
        const name = uri ?? 'a resource without an address';
        if (typeof words === 'string') this.texts.push(`${name}:\n${words}`);
        else if (typeof blob === 'string')
          await this.#binary(blob, mimeType ?? 'application/octet-stream', name);
        else this.texts.push(`${name}: the server sent nothing of it.`);
        return;
      }
      default:
        this.texts.push(`Content of the kind "${cutText(block.type, 40)}": ${JSON.stringify(block)}`);
    }
  }

  /** All texts, and of what is too long its beginning, with what was left out. */
  async text(): Promise<string> {
    const whole = this.texts.join('\n\n');
    if (whole.length <= MAX_TEXT_CHARS) return whole;
    const kept = cutText(whole, MAX_TEXT_CHARS);
    const where = await this.#save('result.txt', Buffer.from(whole));
    return `${kept}\n\n[${whole.length - kept.length} more characters of this result were left out; ${where}]`;
  }

  async #binary(data: string, mimeType: string, name: string): Promise<void> {
    const picture = PICTURES.has(mimeType) && data !== '' && /^[\w+/=\s-]+$/.test(data);
    if (picture && data.length <= MAX_PICTURE_CHARS && this.images.length < MOST_PICTURES) {
      this.images.push({ data: data.replace(/\s/g, ''), mimeType });
      return;
    }
    const bytes = Buffer.from(data, 'base64');
    const where = await this.#save(name, bytes);
    this.texts.push(`${name}: ${mimeType}, ${bytes.length} bytes, which cannot be shown here; ${where}`);
  }

  /** @returns where it is, or why it is nowhere, as the end of a sentence */
  async #save(name: string, bytes: Uint8Array): Promise<string> {
    const ending =
      name
        .split(/[/\\]/)
        .at(-1)
        ?.replace(/[^\w.-]+/g, '_')
        .slice(-MAX_NAME_CHARS) || 'file';
    const path = join(this.#folder, `${randomUUID().slice(0, 8)}-${ending}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(path, bytes, { flag: 'wx', mode: 0o600 });
      return `the whole is in the file ${path}`;
    } catch (error) {
      return `it could not be saved (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'}), so ask for less of it`;
    }
  }
}
