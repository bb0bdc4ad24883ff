/**
 * A channel whose mistakes stay its own. Adapters say by results what a platform did; one that throws instead has a fault,
 * and would throw again at every repeat, so the call ends here: a send may have had its effect, anything else has failed.
 * The log says where it came from. What our own disk did not take is no fault of the adapter and is thrown on, to be tried
 * again.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Channel, ChannelKey, SendResult } from '../channels/channel.ts';
import { unexpected } from '../channels/channel-error.ts';
import { traceOf } from '../channels/error-trace.ts';
import { StoreError } from '../store/database.ts';

export function contained(channel: Channel, logger: Logger): Channel {
  const attempt = async (
    method: string,
    to: ChannelKey,
    status: 'failed' | 'unknown',
    call: () => Promise<SendResult>,
  ): Promise<SendResult> => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      logger.error({ channel: to, method, status, ...traceOf(error) }, 'an adapter failed unexpectedly');
      return { status, error: unexpected(platformOf(to), method, 'none', error) };
    }
  };
  const { abilities, drafts, seen, publishCommands } = channel;
  return {
    abilities,
    ...(drafts && {
      drafts: {
        lifeMs: drafts.lifeMs,
        serves: (to) => drafts.serves(to),
        show: (to, part) => attempt('show', to, 'failed', () => drafts.show(to, part)),
      },
    }),
    start: () => channel.start(),
    stop: () => channel.stop(),
    send: (to, part, options) => attempt('send', to, 'unknown', () => channel.send(to, part, options)),
    edit: (to, id, part, options) => attempt('edit', to, 'failed', () => channel.edit(to, id, part, options)),
    remove: (to, id) => attempt('remove', to, 'failed', () => channel.remove(to, id)),
    sendFile: (to, file, options) =>
      attempt('sendFile', to, 'unknown', () => channel.sendFile(to, file, options)),
    typing: (to) => channel.typing(to),
    ...(seen && { seen: (to, id, waits) => seen.call(channel, to, id, waits) }),
    ...(publishCommands && { publishCommands: (commands) => publishCommands.call(channel, commands) }),
    download: (ref, mostBytes) => channel.download(ref, mostBytes),
  };
}
