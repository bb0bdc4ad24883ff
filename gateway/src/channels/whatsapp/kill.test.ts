/** SIGKILL to the gateway as a process, at any moment of a conversation: nothing is lost, nothing comes twice. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, test } from 'vitest';
import { killAtRandom } from '../../testing/kill-at-random.ts';
import { killedGateway } from '../../testing/killed-gateway.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { logIn } from '../../testing/whatsapp-login.ts';
import { startPhones } from '../../testing/whatsapp-world.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();
const PEOPLE = ['491700000011', '491700000012', '491700000013'];

describe.skipIf(library === null)('WhatsApp', () => {
  test('killed at random moments of many messages: each is answered once', async () => {
    const whatsApp = await startPhones(library as Baileys);
    const home = temporaryFolder();
    logIn(library as Baileys, join(home, 'gateway/channels/whatsapp'));
    const gateway = await killedGateway(
      {
        WHATSAPP_AUTH: 'qr',
        WHATSAPP_WEB_URL: whatsApp.url,
        WHATSAPP_ALLOWED_USERS: PEOPLE.join(),
      },
      home,
    );
    const chats = PEOPLE.map((number) => {
      const from = whatsApp.person(number);
      return {
        say: (text: string) => void whatsApp.say({ from, text }),
        texts: () => whatsApp.shown(from).map(({ text }) => text),
      };
    });
    await killAtRandom({ gateway, chats, seed: 5, connected: () => whatsApp.online > 0 });
  }, 180_000);
});
