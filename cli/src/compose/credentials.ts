/** `credentials.env` as the command line takes it: with any fault it is refused, so that nothing starts on half of it. */
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { CliError } from '../cli-error.ts';

/**
 * @param file how the messages name the file
 * @returns the values that are set, by name
 * @throws CliError with every fault, one a line; never with a value
 */
export function parseCredentials(text: string, file: string): Record<string, string> {
  const { all, faults } = readCredentials(text, file);
  if (faults.length > 0) throw new CliError(faults.map(({ message }) => message).join('\n'));
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}
