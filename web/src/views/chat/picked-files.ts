/** Files for a message: as many and as large as the gateway takes; a picture that is larger than a model sees is made smaller. */
import type { OutboxFile } from '../../data/outbox.ts';
import { t } from '../../texts.ts';

const MOST_FILES = 10; // as protocol/prompt.ts says
const MOST_BYTES = 5_000_000;
const SHRUNK_FROM_BYTES = 1_500_000;
const LONGEST_SIDE_PX = 2048; // models take no more

export async function pickFiles(
  added: readonly File[],
  before: readonly OutboxFile[],
): Promise<{ files: OutboxFile[]; problem: string | null }> {
  const files = [...before];
  let problem: string | null = null;
  for (const file of added) {
    if (files.length >= MOST_FILES) {
      problem = t.chat.tooManyFiles(MOST_FILES);
      break;
    }
    const content = await smaller(file);
    if (content.size > MOST_BYTES) problem = t.chat.fileTooLarge(file.name);
    else files.push({ name: file.name, mime: content.type || 'text/plain', content });
  }
  return { files, problem };
}

async function smaller(file: File): Promise<Blob> {
  if (file.size < SHRUNK_FROM_BYTES || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  } catch {
    return file; // not a picture after all; the gateway says so
  }
}
