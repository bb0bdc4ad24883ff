/**
 * Links Moby to the owner's WhatsApp: installs what that needs, which is no part of Mobyclaw, has the gateway ask WhatsApp
 * for a code, and shows the code until a phone has taken it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '@mobyclaw/lib/clock';
import { type ChannelStatusView, channelStatusSchema } from '@mobyclaw/protocol/channel';
import { renderUnicodeCompact } from 'uqr';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { runningStack } from '../running-stack.ts';
import { say } from '../terminal.ts';

const POLL_MS = 1000;
const PATH = '/api/channels/whatsapp/login';
const LICENCE =
  'WhatsApp needs Baileys (MIT), and with it libsignal, which is under GPL-3.0. Neither is a part of Mobyclaw.';

/** @throws CliError where it is not to be installed, or the login fails */
export async function whatsAppLogin(context: Context, anew: boolean): Promise<ExitCode> {
  const { terminal } = context;
  say(terminal, LICENCE);
  // In containers it is a part of the image, which is built with it where WHATSAPP_AUTH is set.
  if (runningStack(context.data)?.mode !== 'compose') await install(context);
  return context.withGateway(async (gateway) => {
    const begun = await gateway.json(channelStatusSchema, PATH, { method: 'POST', body: { anew } });
    return begun.state === 'up' ? connected(context) : watch(context, gateway);
  });
}

async function watch(context: Context, gateway: GatewayClient): Promise<ExitCode> {
  let shown = '';
  for (;;) {
    const status = await gateway.json(channelStatusSchema, PATH);
    if (status.state === 'up') return connected(context);
    if (status.fatal) throw new CliError(status.reason ?? 'WhatsApp does not take the login.');
    const code = status.login?.qr ?? status.login?.pairingCode ?? '';
    if (code !== '' && code !== shown) show(context, status);
    shown = code || shown;
    await pause(context.clock, POLL_MS);
  }
}

function connected({ terminal }: Context): ExitCode {
  say(terminal, 'Moby is connected to WhatsApp.');
  return EXIT.ok;
}

function show({ terminal }: Context, { login }: ChannelStatusView): void {
  if (login?.pairingCode !== undefined) {
    say(
      terminal,
      `On the phone: WhatsApp, Settings, Linked devices, Link a device, "Link with phone number instead". Type: ${login.pairingCode}`,
    );
  } else if (login?.qr !== undefined) {
    say(terminal, renderUnicodeCompact(login.qr, { border: 2 }));
    say(
      terminal,
      'On the phone: WhatsApp, Settings, Linked devices, Link a device. A new code comes when this one ends.',
    );
  }
}

async function install({ checkout, terminal }: Context): Promise<void> {
  const folder = join(checkout, 'gateway/optional/whatsapp');
  if (existsSync(join(folder, 'node_modules/.package-lock.json'))) return; // npm writes it last
  say(terminal, 'Installing them (about 30 MB, versions and checksums as in gateway/optional/whatsapp)…');
  const { code, output } = await run('npm', ['ci'], folder);
  if (code === 0) return;
  throw new CliError(
    `${output.trimEnd()}\nnpm could not install them; what it said is above. Check the network, then run this again.`,
  );
}

function run(program: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (data: Buffer): void => {
      output += data.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) =>
      reject(
        new CliError(`npm cannot be started (${(error as NodeJS.ErrnoException).code}).`, { cause: error }),
      ),
    );
    child.on('close', (code) => resolve({ code, output }));
  });
}
