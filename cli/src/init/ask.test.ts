/** The wizard on a real terminal, where what is written is taken a moment later: nothing overtakes what was written before. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { freePort } from '../testing/free-port.ts';

test('headings and hints stand after the question that was answered before them', async () => {
  const home = temporaryFolder();
  const down = '\u001b[B';
  const { stdout, stderr } = spawnSync('python3', [join(import.meta.dirname, '../testing/on-terminal.py')], {
    encoding: 'utf8',
    input: JSON.stringify({
      argv: [process.execPath, join(import.meta.dirname, '../main.ts'), 'init'],
      env: {
        PATH: '/nonexistent',
        HOME: home,
        TERM: 'xterm',
        MOBYCLAW_HOME: join(home, 'moby'),
        MOBYCLAW_ENV_FILE: join(home, 'settings.env'),
        MOBYCLAW_PORT: String(await freePort()),
      },
      dialogue: [
        ['Go on like that', '\r'],
        ['Data directory', '\r'],
        ['Whose model', `${down.repeat(4)}\r`],
        ['Where else than here', ' \r'],
      ],
      until: 'Bot token',
    }),
  });
  expect(stderr).toBe('');
  const shown = stripVTControlCharacters(stdout);
  const place = (text: string): number => {
    const at = shown.indexOf(text);
    expect([text, at]).not.toEqual([text, -1]);
    return at;
  };
  // ✔ stands before a question once it has been answered; the last time that a question is drawn.
  const order = [
    '✔ Moby can run without Docker',
    'Where Moby keeps what he knows',
    '✔ Data directory',
    '✔ Whose model',
    'Channels',
    '✔ Where else than here',
    'In Telegram write /newbot to @BotFather',
    'Bot token',
  ].map(place);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
}, 90_000);
