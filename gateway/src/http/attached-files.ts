/** Files that a program sends along, as the model can take them: by the same reader as those of the messengers. */
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Attachment } from '@mobyclaw/protocol/prompt';
import type { Response } from 'express';
import type { InboundFile } from '../channels/channel.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import { type ReadFiles, readFiles } from '../inbound/inbound-files.ts';
import { isSupported } from '../turns/attachments.ts';
import { checkAttachment } from './attachment-limits.ts';

export interface AttachedFiles {
  attachments: Attachment[];
  /** What the model should know of them. */
  notes: readonly string[];
}

export interface AttachedFilesOptions {
  transcription: TranscriptionSettings | null;
  clock: Clock;
}

/**
 * What models take stays as it is; of a PDF the text is taken, of a recording the words.
 * @throws HttpProblem saying what to send instead
 */
export async function readAttached(
  attachments: readonly Attachment[],
  { transcription, clock }: AttachedFilesOptions,
  response: Pick<Response, 'once' | 'off'>,
): Promise<AttachedFiles> {
  for (const attachment of attachments) checkAttachment(attachment);
  if (attachments.every(isSupported)) return { attachments: [...attachments], notes: [] };
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    const read: AttachedFiles = { attachments: [], notes: [] };
    const { attachments: files, notes } = read as { attachments: Attachment[]; notes: string[] };
    for (const attachment of attachments) {
      if (isSupported(attachment)) files.push(attachment);
      else {
        const { attachments: made, notes: told, refusals } = await readOne(attachment);
        const [refusal] = refusals;
        if (refusal !== undefined) throw new HttpProblem('unsupported-media-type', refusal);
        files.push(...made);
        notes.push(...told);
      }
    }
    return read;
  } finally {
    response.off('close', leave);
  }

  function readOne({ name, mime, data }: Attachment): Promise<ReadFiles> {
    const content = Buffer.from(data, 'base64');
    const kind = mime.startsWith('audio/') ? 'audio' : mime.startsWith('image/') ? 'image' : 'document';
    const file: InboundFile = { kind, name, mime, bytes: content.length, ref: '' };
    return readFiles([file], [], {
      download: async () => content,
      transcription,
      clock,
      signal: gone.signal,
    });
  }
}
