/** Where things are in the data directory, for the commands that look at files themselves. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_STATE_FILE } from '@mobyclaw/protocol/local-state';
import { CliError } from './cli-error.ts';

export interface DataDirectory {
  root: string;
  soul: string;
  memory: string;
  dailyLogs: string;
  credentials: string;
  workspaces: string;
  egress: string;
  cliToken: string;
  logs: string;
  run: string;
  localState: string;
  /** What `up` started local mode with, to see what has changed since. */
  started: string;
  /** What `up` started in containers; gone after `down`. */
  composeState: string;
  chatHistory: string;
  /** Made by `upgrade`; not part of a backup. */
  backups: string;
}

export function dataDirectory(root: string): DataDirectory {
  return {
    root,
    soul: join(root, 'soul.yaml'),
    memory: join(root, 'MEMORY.md'),
    dailyLogs: join(root, 'memory'),
    credentials: join(root, 'credentials.env'),
    workspaces: join(root, 'workspaces.conf'),
    egress: join(root, 'egress.yaml'),
    cliToken: join(root, 'gateway', 'cli-token'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
    localState: join(root, LOCAL_STATE_FILE),
    started: join(root, 'run', 'started.json'),
    composeState: join(root, 'run', 'compose.json'),
    chatHistory: join(root, 'run', 'chat-history'),
    backups: join(root, 'backups'),
  };
}

/** The folders that a start needs before there is a Moby to make the others. @throws CliError */
export function makeDataFolders({ root, logs, run }: DataDirectory): void {
  try {
    for (const folder of [root, logs, run]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${path ?? root} cannot be created (${code}). Make ${root} writable for you, or set MOBYCLAW_HOME to another folder.`,
      { cause: error },
    );
  }
}
