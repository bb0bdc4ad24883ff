/** `GET /api/commands` and `POST /api/sessions/:key/command`: the commands of the messengers, for a terminal and a page. Always the owner's. */
import { type CommandAnswer, commandRequestSchema } from '@mobyclaw/protocol/command';
import { platformOf, sessionKeySchema } from '@mobyclaw/protocol/session-key';
import { Router } from 'express';
import { OWNER_COMMANDS, readCommand } from '../../commands/commands.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function commandRoutes({ commands }: HttpServices): Router {
  const router = Router();

  router.get('/api/commands', (_request, response) => {
    response.json({ items: OWNER_COMMANDS });
  });

  router.post('/api/sessions/:key/command', async (request, response) => {
    const { text } = validate(commandRequestSchema, request.body);
    const channel = validate(sessionKeySchema, request.params.key);
    const command = readCommand(text);
    const answer: CommandAnswer = { command: null, text: '' };
    if (command) {
      answer.command = command.name;
      answer.text =
        (await (
          await commands()
        ).run(command.name, {
          platform: platformOf(channel),
          channel,
          kind: 'direct',
          user: 'owner',
          role: 'owner',
          text: command.text,
          withdraw: () => 0, // whoever asks here has nothing on its way but turns
        })) ?? '';
    }
    response.json(answer);
  });

  return router;
}
