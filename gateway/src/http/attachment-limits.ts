import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type Attachment, MAX_ATTACHMENT_BYTES } from '@mobyclaw/protocol/prompt';

/** @throws HttpProblem where it is too large */
export function checkAttachment(attachment: Attachment): void {
  if (Buffer.byteLength(attachment.data, 'base64') > MAX_ATTACHMENT_BYTES) {
    throw new HttpProblem(
      'payload-too-large',
      `"${attachment.name}" is larger than ${MAX_ATTACHMENT_BYTES / 1e6} MB. Send a smaller one.`,
    );
  }
}
