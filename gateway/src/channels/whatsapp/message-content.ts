/** The words and the files of a message of WhatsApp, and what else of it can be said in words. */
import type { InboundFile } from '../channel.ts';
import { kindOf, unreadable } from '../file-kind.ts';
import type { WaContact, WaContent, WaMedia, WaMessage, WaPoll } from './library.ts';

/** How media are fetched. As JSON in `ref`. */
export interface MediaRef {
  type: 'image' | 'document' | 'audio' | 'video' | 'sticker';
  key: string;
  path?: string;
  url?: string;
}

/** What a person can send that is neither words nor a file. What is in no list here is between the apps. */
const UNREADABLE: Readonly<Record<string, string>> = {
  groupInviteMessage: 'an invitation to a group',
  eventMessage: 'an event',
  productMessage: 'a product',
  orderMessage: 'an order',
  stickerPackMessage: 'a pack of stickers',
  lottieStickerMessage: 'an animated sticker',
  listMessage: 'a list to choose from',
  buttonsMessage: 'buttons to choose from',
  templateMessage: 'a message of a business',
  interactiveMessage: 'a message of a business',
};

export function textOf(content: WaContent): string {
  const { conversation, extendedTextMessage, locationMessage, liveLocationMessage } = content;
  if (conversation) return conversation;
  if (extendedTextMessage?.text) return extendedTextMessage.text;
  const caption = mediaOf(content)?.media.caption;
  if (caption) return caption;
  const place = locationMessage ?? liveLocationMessage;
  if (place) {
    const { degreesLatitude, degreesLongitude, name } = place;
    return `My location: ${degreesLatitude}, ${degreesLongitude}${name ? ` (${name})` : ''}`;
  }
  const poll = pollOf(content);
  if (poll) {
    const options = (poll.options ?? []).map(({ optionName }) => `- ${optionName ?? ''}`);
    return [`Poll: ${poll.name ?? ''}`, ...options].join('\n');
  }
  const { contactMessage, contactsArrayMessage } = content;
  const contacts = contactMessage ? [contactMessage] : (contactsArrayMessage?.contacts ?? []);
  return contacts.map(contactLine).join('\n');
}

function pollOf(content: WaContent): WaPoll | null | undefined {
  const { pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3, pollCreationMessageV5 } =
    content;
  return pollCreationMessage ?? pollCreationMessageV2 ?? pollCreationMessageV3 ?? pollCreationMessageV5;
}

function contactLine({ displayName, vcard }: WaContact): string {
  const phone = /TEL[^:\n]*:([^\r\n]+)/.exec(vcard ?? '')?.[1] ?? '';
  return `Contact: ${displayName ?? ''} ${phone}`.trim();
}

type Type = MediaRef['type'] | 'round video';

function mediaOf(content: WaContent): { type: Type; media: WaMedia } | null {
  const { imageMessage, documentMessage, audioMessage, videoMessage, ptvMessage, stickerMessage } = content;
  if (imageMessage) return { type: 'image', media: imageMessage };
  if (documentMessage) return { type: 'document', media: documentMessage };
  if (audioMessage) return { type: 'audio', media: audioMessage };
  if (videoMessage) return { type: 'video', media: videoMessage };
  if (ptvMessage) return { type: 'round video', media: ptvMessage };
  return stickerMessage ? { type: 'sticker', media: stickerMessage } : null;
}

const NAMES: Record<Type, { name: string; mime: string }> = {
  image: { name: 'photo.jpg', mime: 'image/jpeg' },
  document: { name: 'document', mime: 'application/octet-stream' },
  audio: { name: 'audio.ogg', mime: 'audio/ogg' },
  video: { name: 'video.mp4', mime: 'video/mp4' },
  'round video': { name: 'video-note.mp4', mime: 'video/mp4' },
  sticker: { name: 'sticker.webp', mime: 'image/webp' },
};

export function filesOf(content: WaContent): InboundFile[] {
  const found = mediaOf(content);
  if (!found?.media.mediaKey) {
    const parts = new Map<string, unknown>(Object.entries(content));
    const what = Object.keys(UNREADABLE).find((name) => parts.get(name));
    return what === undefined ? [] : [unreadable(UNREADABLE[what] ?? what)];
  }
  const { type, media } = found;
  const mime = media.mimetype?.split(';')[0] ?? NAMES[type].mime;
  const ref: MediaRef = {
    type: type === 'round video' ? 'video' : type,
    key: Buffer.from(found.media.mediaKey).toString('base64'),
    ...(media.directPath ? { path: media.directPath } : {}),
    ...(media.url ? { url: media.url } : {}),
  };
  const name = media.fileName || NAMES[type].name;
  const bytes = media.fileLength ? numberOf(media.fileLength) : null;
  const spoken = type === 'round video' || media.ptt === true;
  return [{ kind: spoken ? 'voice' : kindOf(mime), name, mime, bytes, ref: JSON.stringify(ref) }];
}

/** A number as protobuf has it. */
export function numberOf(value: WaMessage['messageTimestamp']): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'number' ? value : value.toNumber();
}
