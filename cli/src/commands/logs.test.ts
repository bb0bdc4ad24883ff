import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { runCli, startCli } from '../testing/run-cli.ts';

const UTC = { MOBYCLAW_TZ: 'UTC' };

describe('logs', () => {
  const line = (second: number, part: string, msg: string): string =>
    `${JSON.stringify({ level: 'info', time: `2026-01-01T00:00:0${second}.000Z`, part, turn: 'x', msg })}\n`;

  test('of all parts are merged by time, the rotated file before the current one', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'logs'));
    writeFileSync(join(home, 'logs/gateway.log.1'), line(1, 'gateway', 'one'));
    writeFileSync(join(home, 'logs/gateway.log'), line(3, 'gateway', 'three') + line(5, 'gateway', 'five'));
    writeFileSync(
      join(home, 'logs/agent.log'),
      `${line(2, 'agent', 'two')}plain text\n${line(4, 'agent', 'four')}`,
    );
    const all = await runCli(['logs'], { home, env: UTC });
    expect(all.stdout.match(/one|two|plain text|three|four|five/g)).toEqual([
      'one',
      'two',
      'plain text',
      'three',
      'four',
      'five',
    ]);
    expect(all.stdout).toContain('2026-01-01 00:00:05 gateway info  five  turn=x\n');
    expect((await runCli(['logs', '-n', '2'], { home, env: UTC })).stdout.match(/four|five|three/g)).toEqual([
      'four',
      'five',
    ]);
    expect((await runCli(['logs', 'gateway', '--json', '-n', '1'], { home })).stdout).toBe(
      line(5, 'gateway', 'five'),
    );
    const wrong = await runCli(['logs', 'gate'], { home });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('There are logs of agent, gateway.');
  });

  test('are followed across a rotation without losing a line', async () => {
    const home = temporaryFolder();
    const path = join(home, 'logs/gateway.log');
    mkdirSync(join(home, 'logs'));
    writeFileSync(path, line(1, 'gateway', 'first'));
    const cli = startCli(['logs', 'gateway', '-f', '--json'], { home });
    await until('the first line', () => cli.output.stdout.includes('first'));
    appendFileSync(path, line(2, 'gateway', 'second'));
    await until('the second line', () => cli.output.stdout.includes('second'));
    appendFileSync(path, line(3, 'gateway', 'third'));
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(4, 'gateway', 'fourth'));
    await until('the line after the rotation', () => cli.output.stdout.includes('fourth'));
    cli.child.kill('SIGINT');
    const { code, stdout } = await cli.finished;
    expect(code).toBe(130);
    expect(stdout.match(/first|second|third|fourth/g)).toEqual(['first', 'second', 'third', 'fourth']);
  });
});
