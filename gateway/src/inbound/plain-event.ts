/**
 * Names, titles and media types as they come in, made plain and short: the sender chooses them, and they stand later in
 * notes to the model and the owner, in lists and on terminals. Only characters that can be seen are kept.
 */
import { plainFileName, plainName } from '@mobyclaw/lib/plain-name';
import type { InboundEvent, InboundFile } from '../channels/channel.ts';

const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/;

export function plainEvent(event: InboundEvent): InboundEvent {
  if (event.type === 'moved') return event;
  const { sender, title, replyTo, forwardedFrom, files } = event;
  return {
    ...event,
    sender: { ...sender, name: plainName(sender.name) },
    ...(title ? { title: plainName(title) } : {}),
    ...(forwardedFrom === undefined ? {} : { forwardedFrom: plainName(forwardedFrom) }),
    ...(replyTo === undefined
      ? {}
      : {
          replyTo: {
            ...replyTo,
            sender: plainName(replyTo.sender),
            ...(replyTo.files === undefined ? {} : { files: replyTo.files.map(plainFile) }),
          },
        }),
    files: files.map(plainFile),
  };
}

/** What is no file keeps its empty type. */
function plainFile(file: InboundFile): InboundFile {
  const { name, mime } = file;
  const known = mime === '' || MEDIA_TYPE.test(mime);
  return { ...file, name: plainFileName(name), mime: known ? mime : 'application/octet-stream' };
}
