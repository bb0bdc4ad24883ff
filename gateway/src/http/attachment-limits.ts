import { type Attachment, MAX_ATTACHMENT_BYTES } from '@mobyclaw/protocol/prompt';
import { isSupported } from '../turns/attachments.ts';
import { HttpProblem } from './http-problem.ts';

/** @throws HttpProblem where the model could not read it, or it is too large */
export function checkAttachment(attachment: Attachment): void {
  if (!isSupported(attachment)) {
    throw new HttpProblem(
      'unsupported-media-type',
      `"${attachment.name}" is ${attachment.mime}; pictures (PNG, JPEG, GIF, WebP) and text can be attached.`,
    );
  }
  if (Buffer.byteLength(attachment.data, 'base64') > MAX_ATTACHMENT_BYTES) {
    throw new HttpProblem(
      'payload-too-large',
      `"${attachment.name}" is larger than ${MAX_ATTACHMENT_BYTES / 1e6} MB. Send a smaller one.`,
    );
  }
}
