/**
 * Restarting without cutting an answer: turns under way may end, and none begins meanwhile. The gateway is asked for that
 * again and again, so that it goes on by itself where this program is gone.
 */
import { pause } from '@mobyclaw/lib/clock';
import { pauseViewSchema } from '@mobyclaw/protocol/pause';
import { CliError } from './cli-error.ts';
import type { Context } from './context.ts';
import type { GatewayClient } from './gateway-client.ts';
import { say } from './terminal.ts';

const LEASE_S = 20;
const RENEW_MS = 5_000;
const POLL_MS = 300;
const WAIT_MS = 60_000; // a longer answer is broken off and taken up again

/** Does `work` once no turn runs, or after a minute; a gateway that is not there or knows no pause has nothing to hold. */
export async function withTurnsPaused<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const gateway = await untilQuiet(context);
  if (gateway === null) return work();
  const done = new AbortController();
  const renewing = renew(gateway, context, done.signal);
  try {
    return await work();
  } finally {
    done.abort();
    await renewing;
    await attempt(() => gateway.send('/api/pause', { method: 'DELETE' }));
  }
}

async function untilQuiet(context: Context): Promise<GatewayClient | null> {
  const { clock, terminal } = context;
  const end = clock.now() + WAIT_MS;
  for (let said = false; ; said = true) {
    const held = await attempt(async () => {
      const gateway = context.gateway();
      return { gateway, running: await ask(gateway) };
    });
    if (held === null) return null;
    const { gateway, running } = held;
    if (running === 0) return gateway;
    if (!said) {
      const what = running === 1 ? 'an answer that is' : `${running} answers that are`;
      say(
        terminal,
        `Waiting up to ${WAIT_MS / 1000} s for ${what} under way; new messages are kept until after that…`,
      );
    }
    if (clock.now() > end) {
      say(terminal, 'Still under way; going on. What is broken off now is taken up again.');
      return gateway;
    }
    await pause(clock, POLL_MS);
  }
}

async function ask(gateway: GatewayClient): Promise<number> {
  const options = { method: 'POST', body: { seconds: LEASE_S } };
  return (await gateway.json(pauseViewSchema, '/api/pause', options)).running;
}

async function renew(gateway: GatewayClient, { clock }: Context, done: AbortSignal): Promise<void> {
  for (;;) {
    await pause(clock, RENEW_MS, done);
    if (done.aborted) return;
    await attempt(() => ask(gateway)); // it may be the gateway itself that is being restarted
  }
}

/** @returns null where the gateway is away, or refuses: an older one knows no such route */
async function attempt<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}
