/** What came with a message of Telegram besides words. A bot can fetch files of up to 20 MB. */
import { MAX_ATTACHMENT_BYTES } from '@mobyclaw/protocol/prompt';
import type { Message } from 'telegraf/types';
import type { InboundFile } from '../channel.ts';
import { kindOf, unreadable } from '../file-kind.ts';

/** What a person can send that is neither words nor a file; everything else of that sort is told by Telegram itself. */
const UNREADABLE: Readonly<Record<string, string>> = {
  story: 'a story',
  game: 'a game',
  invoice: 'an invoice',
  giveaway: 'a giveaway',
  giveaway_winners: 'the winners of a giveaway',
  paid_media: 'paid media',
  checklist: 'a checklist',
};

/** @param message also what is known of a message in another chat that is answered */
export function filesOf(message: object): InboundFile[] {
  const media = message as Partial<
    Message.PhotoMessage &
      Message.VoiceMessage &
      Message.AnimationMessage &
      Message.DocumentMessage &
      Message.AudioMessage &
      Message.VideoMessage &
      Message.VideoNoteMessage
  >;
  if (media.photo) return photo(media.photo);
  if (media.voice) return [file('voice', 'voice.ogg', media.voice.mime_type ?? 'audio/ogg', media.voice)];
  if (media.animation) {
    return [file('other', media.animation.file_name ?? 'animation.mp4', 'video/mp4', media.animation)];
  }
  if (media.document) {
    const { file_name = 'document', mime_type = 'application/octet-stream' } = media.document;
    return [file(kindOf(mime_type), file_name, mime_type, media.document)];
  }
  if (media.audio) {
    const { file_name = 'audio.mp3', mime_type = 'audio/mpeg' } = media.audio;
    return [file('audio', file_name, mime_type, media.audio)];
  }
  if (media.video) {
    const { file_name = 'video.mp4', mime_type = 'video/mp4' } = media.video;
    return [file('other', file_name, mime_type, media.video)];
  }
  if (media.video_note) return [file('voice', 'video-note.mp4', 'video/mp4', media.video_note)];
  const what = Object.keys(UNREADABLE).find((name) => Object.hasOwn(message, name));
  return what === undefined ? [] : [unreadable(UNREADABLE[what] ?? what)];
}

type Sized = { file_id: string; file_size?: number };

/** Telegram keeps a photo in several sizes, in rising order. */
function photo(sizes: readonly Sized[]): InboundFile[] {
  const largest = sizes.at(-1);
  if (!largest) return [];
  const smaller = sizes
    .slice(0, -1)
    .findLast(({ file_size = Number.POSITIVE_INFINITY }) => file_size <= MAX_ATTACHMENT_BYTES);
  const taken = file('image', 'photo.jpg', 'image/jpeg', largest);
  return [smaller ? { ...taken, smaller: smaller.file_id } : taken];
}

function file(kind: InboundFile['kind'], name: string, mime: string, given: Sized): InboundFile {
  return { kind, name, mime, bytes: given.file_size ?? null, ref: given.file_id };
}
