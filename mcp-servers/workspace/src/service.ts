/** The workspace server, put together. It keeps nothing between two calls, so a restart loses nothing. */

import { access } from 'node:fs/promises';
import type { Logger } from '@mobyclaw/lib/logger';
import type { PartService } from '@mobyclaw/lib/part-process';
import { ownBrokenSeal } from '@mobyclaw/lib/seals';
import { serveMcpHttp } from '@mobyclaw/mcp/http';
import type { WorkspaceConfig } from './config.ts';
import { WORKSPACE_INSTRUCTIONS, workspaceTools } from './tools.ts';

export class UnsafeMountsError extends Error {
  override name = 'UnsafeMountsError';
}

/**
 * @throws UnsafeMountsError on a Linux without /proc, where no path could be kept inside its folder, and where a mount shows
 *   what it should not; the listening error
 */
export async function startWorkspaceService(
  config: WorkspaceConfig,
  version: string,
  logger: Logger,
): Promise<PartService> {
  if (process.platform === 'linux' && !(await isThere('/proc/self/fd'))) {
    throw new UnsafeMountsError('/proc is not mounted; without it no path can be kept inside its folder.');
  }
  const broken = await ownBrokenSeal(process.env);
  if (broken !== null) throw new UnsafeMountsError(broken);
  for (const { name, path } of config.workspaces) {
    if (!(await isThere(path))) logger.warn({ workspace: name }, 'the folder of a workspace is not there');
  }
  const stopping = new AbortController();
  const http = await serveMcpHttp(
    {
      name: 'mobyclaw-workspace',
      version,
      instructions: WORKSPACE_INSTRUCTIONS,
      tools: workspaceTools({ workspaces: config.workspaces, signal: stopping.signal }),
      token: config.token,
      allowedHosts: config.allowedHosts,
      logger,
    },
    config.listen,
  );
  return {
    url: http.url,
    close: () => {
      stopping.abort();
      return http.close();
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
    throw error;
  }
}
