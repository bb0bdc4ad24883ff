/** The outbox on this device: IndexedDB, which holds files as they are and is synced when a put resolves. */
import type { OutboxEntry, OutboxStore } from './outbox.ts';

const NAME = 'moby';
const TABLE = 'outbox';

export function outboxDatabase(): OutboxStore {
  let opened: Promise<IDBDatabase> | null = null;

  function open(): Promise<IDBDatabase> {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => void request.result.createObjectStore(TABLE, { keyPath: 'key' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opened;
  }

  async function write(work: (table: IDBObjectStore) => void): Promise<void> {
    const database = await open();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(TABLE, 'readwrite', { durability: 'strict' });
      work(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(transaction.error ?? new Error('The browser has no room for the message.'));
    });
  }

  return {
    async all() {
      const database = await open();
      return new Promise<OutboxEntry[]>((resolve, reject) => {
        const request = database.transaction(TABLE).objectStore(TABLE).getAll();
        request.onsuccess = () => resolve(request.result as OutboxEntry[]);
        request.onerror = () => reject(request.error);
      });
    },
    put: (entry) => write((table) => void table.put(entry)),
    remove: (key) => write((table) => void table.delete(key)),
  };
}
