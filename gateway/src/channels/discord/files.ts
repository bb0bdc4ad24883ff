/** Files that people sent. Their addresses are signed and good for a day; after that the message is asked for new ones. */
import { type APIMessage, Routes } from 'discord.js';
import { HttpGetError, httpGet } from '../http-get.ts';
import type { DiscordApi } from './api.ts';
import { DiscordError } from './errors.ts';

const DOWNLOAD_MS = 60_000;
/** https://docs.discord.com/developers/reference#image-formatting: the CDN, and the media proxy. */
const FILE_HOSTS = /^([a-z0-9-]+\.)*(discordapp\.com|discordapp\.net|discord\.com)$/;

/** As JSON it is the `ref` of an InboundFile. */
export interface FileRef {
  channel: string;
  message: string;
  file: string;
  url: string;
  /** Instead, a smaller rendition of it by Discord's media proxy. */
  shrunk?: { url: string; query: string };
}

/** @throws DiscordError */
export async function downloadFile(api: DiscordApi, ref: string, mostBytes: number): Promise<Uint8Array> {
  const { channel, message, file, url, shrunk } = JSON.parse(ref) as FileRef;
  try {
    return await fetchFile(api, shrunk ? withQuery(shrunk.url, shrunk.query) : url, mostBytes);
  } catch (error) {
    if (!(error instanceof DiscordError) || !['401', '403', '404'].includes(error.code)) throw error;
    const route = Routes.channelMessage(channel, message);
    const { attachments, message_snapshots: snapshots = [] } = await api.call<APIMessage>(
      'getMessage',
      'GET',
      route,
    );
    const all = [...attachments, ...snapshots.flatMap((snapshot) => snapshot.message.attachments)];
    const fresh = all.find(({ id }) => id === file);
    if (!fresh) throw failed('gone', 'Discord has the file no more.', 'none');
    return fetchFile(api, shrunk ? withQuery(fresh.proxy_url, shrunk.query) : fresh.url, mostBytes);
  }
}

/** The address is signed by parameters of its own, which stay. */
function withQuery(address: string, query: string): string {
  const url = URL.parse(address);
  if (!url) return address;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  return url.href;
}

async function fetchFile(api: DiscordApi, address: string, mostBytes: number): Promise<Uint8Array> {
  const own = new URL(api.root).origin;
  const mayAsk = ({ origin, protocol, hostname }: URL): boolean =>
    origin === own || (protocol === 'https:' && FILE_HOSTS.test(hostname));
  const url = URL.parse(address);
  if (!url) throw failed('elsewhere', 'The file has an address that is none.', 'none');
  try {
    return await httpGet(url, { mostBytes, timeoutMs: DOWNLOAD_MS, mayAsk });
  } catch (error) {
    if (!(error instanceof HttpGetError)) throw error;
    const passing = error.code === 'timeout' || error.code === 'network' || error.code.startsWith('5');
    throw failed(error.code, error.message, passing ? 'retry' : 'none');
  }
}

function failed(code: string, message: string, remedy: 'retry' | 'none'): DiscordError {
  return new DiscordError({ method: 'download', code, message, remedy });
}
