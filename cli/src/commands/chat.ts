import { statusSchema } from '@mobyclaw/protocol/status';
import { Chat } from '../chat/chat.ts';
import { ChatHistory } from '../chat/chat-history.ts';
import type { ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { DEFAULT_SESSION, sessionKey } from '../session-name.ts';
import { say, styled } from '../terminal.ts';
import { UnconfirmedMessages } from '../unconfirmed-messages.ts';

export const command: Define = (target, context, exit) => {
  target
    .option(
      '-s, --session <name>',
      'the conversation: a name, or a key such as telegram:dm:12345',
      DEFAULT_SESSION,
    )
    .action(async ({ session }: { session: string }) => exit(await chat(context, sessionKey(session))));
};

async function chat(context: Context, session: string): Promise<ExitCode> {
  const { terminal } = context;
  return context.withGateway(async (gateway) => {
    const { agent } = await gateway.json(statusSchema, '/api/status');
    const about = [session, agent.engine, agent.model].filter(Boolean).join(' · ');
    if (terminal.stdin.isTTY)
      say(terminal, styled(terminal, 'stderr', 'dim', `Moby (${about})   /help shows the commands`));
    if (agent.detail) say(terminal, styled(terminal, 'stderr', 'yellow', agent.detail));
    const conversation = new Chat({
      terminal,
      gateway,
      session,
      history: new ChatHistory(context.data.chatHistory),
      unconfirmed: new UnconfirmedMessages(context.data, context.clock),
      comesBack: () => context.comesBack(),
      timeZone: context.settings.values.MOBYCLAW_TZ,
    });
    const interrupt = (): void => conversation.interrupt();
    process.on('SIGINT', interrupt);
    try {
      return await conversation.run();
    } finally {
      process.off('SIGINT', interrupt);
    }
  });
}
