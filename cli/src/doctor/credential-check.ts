/** Which values of credentials.env Moby has himself, and which are kept from him by their hosts. */
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { type Check, fail, ok } from './check.ts';

/** @param text of the file; null where there is none @param path how the messages name it */
export function credentialCheck(text: string | null, path: string): Check[] {
  const { all, faults } = readCredentials(text ?? '', path);
  const name = 'keys for tools';
  if (faults.length > 0) {
    return [fail(name, faults.map(({ message }) => message).join(' '), 'Mend the line, then ./mobyclaw up.')];
  }
  if (all.length === 0) return [];
  const [own, kept] = [true, false].map((isOwn) =>
    all.filter(({ hosts }) => (hosts === null) === isOwn).map((one) => one.name),
  ) as [string[], string[]];
  const told = [
    ...(own.length === 0
      ? []
      : [`Moby has ${own.join(', ')} himself (docs/credentials.md says how to keep them from him)`]),
    ...(kept.length === 0 ? [] : [`${kept.join(', ')} he has only stand-ins of`]),
  ];
  return [ok(name, told.join('; '))];
}
