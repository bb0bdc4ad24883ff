/** The owner's files: the data directory and the files with secrets; soul.yaml has a file of its own. */
import type { Stats } from 'node:fs';
import { access, chmod, constants, mkdir, readFile, stat } from 'node:fs/promises';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { workspaceDoubts } from '../compose/workspace-doubts.ts';
import type { Context } from '../context.ts';
import { diskUse, LARGE_SESSIONS_BYTES } from '../disk-use.ts';
import { checkSoul } from '../soul-check.ts';
import { type Check, fail, fixable, ok, warn } from './check.ts';
import { credentialCheck } from './credential-check.ts';
import { egressChecks } from './egress-check.ts';
import { modelChecks } from './model-check.ts';

export async function dataChecks(context: Context): Promise<Check[]> {
  const { data, settings } = context;
  return [
    await checkFolder(data.root),
    await checkSecretFile('.env', settings.file),
    ...settings.doubts.map((doubt) => warn('.env', doubt, 'Mend the line, then ./mobyclaw up.')),
    await checkSecretFile('credentials.env', data.credentials),
    ...credentialCheck(await readCredentialsFile(data.credentials), data.credentials),
    ...(await modelChecks(context)),
    await checkSoul(data.soul),
    ...egressChecks(data),
    await checkSessions(data.root),
    ...(await workspaceDoubts(context)).map((doubt) =>
      warn('workspaces', doubt, 'Give him a smaller folder, or leave it so if it is meant.'),
    ),
  ];
}

async function checkFolder(path: string): Promise<Check> {
  const name = 'data directory';
  const found = await statIfThere(path);
  if (!found) {
    const missing = warn(name, `${path} does not exist yet`, './mobyclaw up creates it.');
    return fixable(missing, async () => void (await mkdir(path, { recursive: true, mode: 0o700 })));
  }
  if (!found.isDirectory())
    return fail(name, `${path} is not a folder`, 'Move it away, or set MOBYCLAW_HOME.');
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(
      name,
      `${path} is not writable (${code})`,
      `Give it to yourself: sudo chown -R "$USER" ${quoted(path)}`,
    );
  }
  if ((found.mode & 0o077) !== 0) {
    const open = warn(
      name,
      `${path} can be entered by other users of this machine`,
      `chmod 700 ${quoted(path)}`,
    );
    return fixable(open, () => chmod(path, 0o700));
  }
  return ok(name, path);
}

/** @returns null also where it cannot be read, which `up` tells */
async function readCredentialsFile(path: string): Promise<string | null> {
  return readFile(path)
    .then(ownerText)
    .catch(() => null);
}

async function checkSecretFile(name: string, path: string): Promise<Check> {
  const found = await statIfThere(path);
  if (!found) return ok(name, 'none');
  if (found.isFile() && (found.mode & 0o077) !== 0) {
    const open = fail(
      name,
      `${path} can be read by other users of this machine`,
      `chmod 600 ${quoted(path)}`,
    );
    return fixable(open, () => chmod(path, 0o600));
  }
  return ok(name, path);
}

/** Nothing bounds what he clones, installs and writes there; the disk is the owner's. */
async function checkSessions(root: string): Promise<Check> {
  const { sessionsBytes, more } = await diskUse(root);
  const detail = `${more ? 'more than ' : ''}${(sessionsBytes / 1e9).toFixed(1)} GB that Moby keeps`;
  if (!more && sessionsBytes < LARGE_SESSIONS_BYTES) return ok('sessions', detail);
  return warn(
    'sessions',
    detail,
    `Ask him to clean up, or see what it is: du -h ${quoted(`${root}/sessions`)} | sort -h | tail`,
  );
}

async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
