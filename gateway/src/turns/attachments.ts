/** How attachments reach the model: pictures as pictures, text inside the prompt. Anything else is refused before that. */
import { quotedFileName } from '@mobyclaw/lib/plain-name';
import type { Attachment } from '@mobyclaw/protocol/prompt';

/** What the model is told where somebody sent files without a word. */
export const BARE_FILE = 'See the attached file.';

const TEXT_TYPES = /^(text\/.+|application\/(json|xml|yaml|x-yaml|toml|javascript|x-sh|sql))$/;
const IMAGE_TYPES = /^image\/(png|jpeg|gif|webp)$/;

export function isSupported(attachment: Attachment): boolean {
  return IMAGE_TYPES.test(attachment.mime) || TEXT_TYPES.test(attachment.mime);
}

export function splitAttachments(attachments: readonly Attachment[]): {
  images: { dataUrl: string }[];
  text: string;
} {
  const images = attachments
    .filter(({ mime }) => IMAGE_TYPES.test(mime))
    .map(({ mime, data }) => ({ dataUrl: `data:${mime};base64,${data}` }));
  const text = attachments
    .filter(({ mime }) => TEXT_TYPES.test(mime))
    .map(
      ({ name, data }) =>
        `\n\nAttached file ${quotedFileName(name)}:\n${fenced(Buffer.from(data, 'base64').toString('utf8'))}`,
    )
    .join('');
  return { images, text };
}

/** A fence longer than any in the text, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
