/** Where a backup's passphrase comes from: a terminal, hidden and asked for twice, or standard input; never a flag. */
import { CliError, UsageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { Terminal } from '../terminal.ts';

const LEAST_CHARACTERS = 8;

export interface PassphraseOptions {
  /** It is chosen now, so it is asked for twice. */
  fresh: boolean;
  fromStdin: boolean;
}

/** @throws UsageError where there is nobody to ask, or it is too short */
export async function readPassphrase(
  { terminal }: Context,
  { fresh, fromStdin }: PassphraseOptions,
): Promise<string> {
  if (fromStdin) {
    const passphrase = await firstLine(terminal);
    const problem = fresh ? tooShort(passphrase) : null;
    if (problem !== null) throw new UsageError(problem);
    return passphrase;
  }
  if (!terminal.stdin.isTTY) {
    throw new UsageError(
      'The passphrase is asked for on a terminal. Without one, give it with --passphrase-stdin.',
    );
  }
  const { Ask } = await import('../init/ask.ts');
  const ask = new Ask(terminal);
  const passphrase = await ask.secret('Passphrase', (value) => (fresh ? tooShort(value) : null));
  if (fresh && (await ask.secret('Once more', () => null)) !== passphrase)
    throw new CliError('The two are not the same. Nothing was written.');
  return passphrase;
}

function tooShort(text: string): string | null {
  return text.length < LEAST_CHARACTERS ? `A passphrase has at least ${LEAST_CHARACTERS} characters.` : null;
}

async function firstLine({ stdin }: Terminal): Promise<string> {
  let text = '';
  for await (const chunk of stdin) text += String(chunk);
  return text.split(/\r?\n/, 1)[0] ?? '';
}
