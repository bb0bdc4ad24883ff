/** Lets a browser in: a one-time code in the part of the address that is never sent to a server or kept in a log. */
import { pageCodeSchema } from '@mobyclaw/protocol/page-login';
import { renderUnicodeCompact } from 'uqr';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { openBrowser } from '../open-browser.ts';
import { print, say } from '../terminal.ts';

interface OpenOptions {
  print?: true;
  qr?: true;
  at?: string;
}

export const command: Define = (target, context, exit) => {
  target
    .option('--print', 'print the address instead of opening it')
    .option('--qr', 'show it as a code for the camera of a phone; with --at')
    .option('--at <address>', 'where the page is reached from elsewhere, such as https://moby.example.org')
    .action(async (options: OpenOptions) => exit(await open(context, options)));
};

async function open(context: Context, options: OpenOptions): Promise<ExitCode> {
  const { terminal } = context;
  const base = options.at === undefined ? `http://127.0.0.1:${context.port}` : readAddress(options.at);
  if (options.qr && options.at === undefined)
    throw new UsageError(
      'A phone does not reach 127.0.0.1 of this machine. Say where it does: --qr --at https://…',
    );
  const { code } = await context.withGateway((gateway) =>
    gateway.json(pageCodeSchema, '/api/login/codes', { method: 'POST' }),
  );
  const address = `${base}/#login=${code}`;
  if (options.qr) say(terminal, renderUnicodeCompact(address, { border: 2 }));
  else if (!options.print && (await openBrowser(address, terminal.env))) {
    say(terminal, `Opened ${base} in your browser.`);
    return EXIT.ok;
  }
  print(terminal, address);
  say(terminal, 'It lets one browser in, once, within two minutes.');
  return EXIT.ok;
}

/** @returns the origin of an address that the owner gave */
function readAddress(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '')
    return url.origin;
  throw new UsageError(`"${text}" is not the address of a page. Write for example https://moby.example.org`);
}
