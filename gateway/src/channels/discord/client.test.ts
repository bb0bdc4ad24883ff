import type { User } from 'discord.js';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from './client.ts';
import { Transport } from './transport.ts';

interface Users {
  _add(data: object, cache: boolean): User;
}

test('of all people only the bot itself is kept in memory, however many write', async () => {
  const apiUrl = 'http://127.0.0.1:9';
  const client = createClient({
    apiUrl,
    transport: new Transport(apiUrl),
    buildStrategy: () => {
      throw new Error('nothing connects here');
    },
  });
  onTestFinished(() => client.destroy());
  // As the library does with each message that comes in.
  const add = (id: string): User => (client.users as unknown as Users)._add({ id, username: id }, true);
  Object.assign(client, { user: { id: '1' } });
  for (const id of ['2', '1', '3', '4']) expect(add(id).id).toBe(id);
  expect([...client.users.cache.keys()]).toEqual(['1']);
});
