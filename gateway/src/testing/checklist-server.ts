import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** The memory server as the heartbeat sees it: it has a checklist. @returns environment of a gateway that asks it */
export async function checklistServer(text: string): Promise<Record<string, string>> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ text, memoryHash: 'm', times: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    MOBYCLAW_MEMORY_URL: `http://127.0.0.1:${port}`,
    MOBYCLAW_MEMORY_TOKEN: 'shared',
    MOBYCLAW_ACTIVE_HOURS: '00:00-24:00',
  };
}
