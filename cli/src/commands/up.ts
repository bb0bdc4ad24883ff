/**
 * Starts Moby, or says that he runs. Where the program, a setting or credentials.env has changed since he was started he
 * is restarted, with the reason named; turns that run are finished or taken up again by the gateway.
 */

import type { LocalPart, LocalState } from '@mobyclaw/protocol/local-state';
import { statusSchema } from '@mobyclaw/protocol/status';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import { startLocal, waitUntilReady } from '../local/start.ts';
import { changesSince } from '../local/started.ts';
import { stopLocal } from '../local/stop.ts';
import type { Define } from '../program.ts';
import { print, say, styled, type Terminal } from '../terminal.ts';

export const command: Define = (target, context, exit) => {
  target.action(async () => exit(await up(context)));
};

export async function up(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  const running = readLocalState(context.data);
  const onPart = (part: LocalPart): void => say(terminal, progress(terminal, part));
  if (running && isAlive(running)) {
    const changes = changesSince(context, running.pid);
    if (changes.length === 0 && running.state !== 'stopping' && running.state !== 'failed') {
      const gone = (): string | null => (isAlive(running) ? null : 'It was stopped meanwhile.');
      if (running.state === 'ready') say(terminal, 'Moby is already running.');
      const state = await waitUntilReady(
        context,
        running.pid,
        running.state === 'ready' ? () => undefined : onPart,
        gone,
      );
      return answering(context, state);
    }
    say(
      terminal,
      changes.length > 0
        ? `Changed since the start: ${changes.join(', ')}. Restarting…`
        : 'Moby is stopping; starting him again after that…',
    );
  } else {
    say(terminal, 'Starting Moby…');
  }
  if (running) await stopLocal(context);
  return answering(context, await startLocal(context, onPart));
}

async function answering(context: Context, { port }: LocalState): Promise<ExitCode> {
  const { terminal } = context;
  const { agent, soul } = await context.withGateway((gateway) => gateway.json(statusSchema, '/api/status'));
  const engine = [agent.engine, agent.version].filter(Boolean).join(' ');
  print(
    terminal,
    `Moby answers: http://127.0.0.1:${port} (agent: ${engine}${agent.model ? `, model: ${agent.model}` : ''})`,
  );
  if (soul.problem) say(terminal, styled(terminal, 'stderr', 'yellow', soul.problem));
  say(terminal, 'Talk with him: ./mobyclaw chat');
  return EXIT.ok;
}

function progress(terminal: Terminal, { name, state, problem }: LocalPart): string {
  const mark =
    state === 'ready'
      ? styled(terminal, 'stderr', 'green', '✓')
      : problem === undefined
        ? '·'
        : styled(terminal, 'stderr', 'red', '✗');
  return `  ${mark} ${name.padEnd(8)} ${state}${problem === undefined ? '' : `: ${problem}`}`;
}
