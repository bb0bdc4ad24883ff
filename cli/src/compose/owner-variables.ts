/** What the owner's own files say about variables: the values of credentials.env, and the names that soul.yaml asks for. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credential, readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { soulVariables } from '@mobyclaw/lib/soul-variables';
import { CliError } from '../cli-error.ts';

export interface OwnerVariables {
  /** Values as the owner wrote them, and the hosts that they are for. */
  credentials: readonly Credential[];
  /** Names of keys of models, as soul.yaml gives them itself. */
  tokenKeys: readonly string[];
  /** Names that stand in addresses of models. */
  addresses: readonly string[];
  /** Names that soul.yaml asks models with: keys, and what else a provider is told. */
  forModels: readonly string[];
  /** Names that a toolset of soul.yaml is given. */
  forTools: readonly string[];
}

/**
 * @param home the data directory
 * @throws CliError where a file cannot be read, or a line of credentials.env cannot be used
 */
export async function readOwnerVariables(home: string): Promise<OwnerVariables> {
  const file = join(home, 'credentials.env');
  const { all: credentials, faults } = readCredentials((await readIfThere(file)) ?? '', file);
  if (faults.length > 0) throw new CliError(faults.map(({ message }) => message).join('\n'));
  const soul = (await readIfThere(join(home, 'soul.yaml'))) ?? '';
  const { tokenKeys, addresses, providers, tools } = soulVariables(soul);
  return {
    credentials,
    tokenKeys,
    addresses,
    forModels: [...new Set([...tokenKeys, ...providers])],
    forTools: tools,
  };
}

/** @throws CliError where it cannot be read */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return ownerText(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (error instanceof OwnerTextError) throw new CliError(`${path} ${error.message}.`, { cause: error });
    throw new CliError(
      `${path} cannot be read (${code}). Give yourself the right: chmod 600 ${quoted(path)}`,
      { cause: error },
    );
  }
}
