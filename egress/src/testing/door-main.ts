/** The door of test-door.ts as a process of its own. Writes its audit as lines of JSON, and where it listens. */
import { appendFileSync } from 'node:fs';
import { type DoorSetup, testDoor } from './test-door.ts';

const { DOOR_SETUP = '{}', DOOR_AUDIT = '/dev/null' } = process.env;
const door = await testDoor(JSON.parse(DOOR_SETUP) as DoorSetup, process.env, (row) =>
  appendFileSync(DOOR_AUDIT, `${JSON.stringify(row)}\n`),
);
door.listen(0, '127.0.0.1', () => {
  const { port } = door.address() as { port: number };
  process.stdout.write(`{"url":"http://127.0.0.1:${port}"}\n`);
});
