/** Files that a program sends along, as the model can take them: by the same reader as those of the messengers. */
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import type { Attachment, SentFile } from '@mobyclaw/protocol/prompt';
import type { Response } from 'express';
import type { SoundCosts } from '../budget/sound-costs.ts';
import type { InboundFile } from '../channels/channel.ts';
import type { TranscriptionSettings } from '../config/channels-config.ts';
import { type ReadFiles, readFiles } from '../inbound/inbound-files.ts';
import { SPOKEN_NOTE } from '../inbound/message-notes.ts';
import { isSupported } from '../turns/attachments.ts';
import { checkAttachment } from './attachment-limits.ts';

export interface AttachedFiles {
  attachments: Attachment[];
  /** What the sender said, in words. */
  spoken: readonly string[];
  /** What the model should know of them. */
  notes: readonly string[];
}

export interface AttachedFilesOptions {
  transcription: TranscriptionSettings | null;
  soundCosts: SoundCosts;
  clock: Clock;
  logger: Logger;
}

/**
 * What models take stays as it is; of a PDF the text is taken, of a recording the words.
 * @param session of which it is told that listening has a cost
 * @throws HttpProblem saying what to send instead
 */
export async function readAttached(
  sent: readonly SentFile[],
  session: string,
  { transcription, soundCosts, clock, logger }: AttachedFilesOptions,
  response: Pick<Response, 'once' | 'off'>,
): Promise<AttachedFiles> {
  for (const file of sent) checkAttachment(file);
  if (sent.every(isSupported)) return { attachments: [...sent], spoken: [], notes: [] };
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    const attachments: Attachment[] = [];
    const spoken: string[] = [];
    const notes: string[] = [];
    for (const file of sent) {
      if (isSupported(file)) {
        attachments.push(file);
        continue;
      }
      const read = await readOne(file);
      const [refusal] = read.refusals;
      if (refusal !== undefined) throw new HttpProblem('unsupported-media-type', refusal);
      attachments.push(...read.attachments);
      spoken.push(...read.spoken);
      notes.push(...read.notes);
    }
    if (spoken.length > 0) notes.unshift(SPOKEN_NOTE);
    return { attachments, spoken, notes };
  } finally {
    response.off('close', leave);
  }

  function readOne({ name, mime, data, spoken }: SentFile): Promise<ReadFiles> {
    const content = Buffer.from(data, 'base64');
    const kind = spoken ? 'voice' : kindOf(mime);
    const file: InboundFile = { kind, name, mime, bytes: content.length, ref: '' };
    return readFiles([file], [], {
      download: async () => content,
      transcription,
      onListened,
      clock,
      signal: gone.signal,
    });
  }

  function onListened(seconds: number | null): void {
    soundCosts.listened(session, transcription?.model ?? '', seconds).catch((error: unknown) => {
      logger.error({ err: error }, 'what listening has cost could not be stored');
    });
  }
}

function kindOf(mime: string): InboundFile['kind'] {
  return mime.startsWith('audio/') ? 'audio' : mime.startsWith('image/') ? 'image' : 'document';
}
