import { v5 } from 'uuid';

export { v7 as uuidv7 } from 'uuid';

const NAMES = '5c1b2f86-6a1e-4b0e-9d3c-0a8f4f7f2d11'; // any UUID, as long as it never changes

/** The same UUID for the same name, for good: an id that a repeat arrives at again. */
export function nameUuid(name: string): string {
  return v5(name, NAMES);
}
