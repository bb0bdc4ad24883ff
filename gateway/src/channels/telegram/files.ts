/** Files that people sent: `getFile` gives a path for an hour, under which the file is fetched. */
import { isAbsolute } from 'node:path';
import { HttpGetError, httpGet } from '../http-get.ts';
import type { BotApi } from './api.ts';
import { TelegramError } from './errors.ts';

const DOWNLOAD_MS = 60_000;

/** @throws TelegramError */
export async function downloadFile(api: BotApi, fileId: string, mostBytes: number): Promise<Uint8Array> {
  const { file_path: path } = await api.call('getFile', { file_id: fileId });
  if (path === undefined) throw failed('no-path', 'Telegram has the file no more.', 'none');
  if (isAbsolute(path)) {
    const hint = 'Start your Bot API server without --local.';
    throw failed('local-path', 'The Bot API server gives paths on its own disk.', 'none', hint);
  }
  const folder = api.fileUrl('');
  const mayAsk = ({ href, origin }: URL): boolean => origin === folder.origin && href.startsWith(folder.href);
  try {
    return await httpGet(api.fileUrl(path), { mostBytes, timeoutMs: DOWNLOAD_MS, agent: api.agent, mayAsk });
  } catch (error) {
    if (!(error instanceof HttpGetError)) throw error;
    const passing = error.code === 'timeout' || error.code === 'network' || error.code.startsWith('5');
    throw failed(error.code, error.message, passing ? 'retry' : 'none');
  }
}

function failed(code: string, message: string, remedy: 'retry' | 'none', hint?: string): TelegramError {
  return new TelegramError({ method: 'getFile', code, message, remedy, ...(hint ? { hint } : {}) });
}
