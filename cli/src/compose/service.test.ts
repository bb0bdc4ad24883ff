import { expect, test } from 'vitest';
import { parseServices } from './service.ts';
import { parseContainerLine } from './service-logs.ts';

const row = {
  ID: 'a',
  Name: 'mobyclaw-moby-1',
  Service: 'moby',
  State: 'running',
  Health: 'starting',
  ExitCode: 0,
};

test('both forms in which Compose has told of its containers', () => {
  const second = {
    ...row,
    Service: 'memory',
    State: 'exited',
    Health: '',
    ExitCode: 137,
    Status: 'Exited (137)',
  };
  const expected = [
    { id: 'a', name: 'moby', container: 'mobyclaw-moby-1', state: 'starting', status: '', exitCode: 0 },
    {
      id: 'a',
      name: 'memory',
      container: 'mobyclaw-moby-1',
      state: 'exited',
      status: 'Exited (137)',
      exitCode: 137,
    },
  ];
  expect(parseServices(`${JSON.stringify(row)}\n${JSON.stringify(second)}\n`)).toEqual(expected);
  expect(parseServices(JSON.stringify([row, second]))).toEqual(expected);
  expect(parseServices('')).toEqual([]);
  expect(() => parseServices('{"Name": 1}')).toThrow(/in a form/);
});

test('lines of containers: with a prefix or not, with the line of a terminal cleared, text with a bar in it', () => {
  const json = '{"time":"2026-01-02T03:04:05.000Z","level":"info","msg":"a | b"}';
  const expected = { part: 'moby', line: json, at: Date.parse('2026-01-02T03:04:05Z') };
  const stamp = '2026-01-02T03:04:06.123456789Z';
  expect(parseContainerLine(`moby-1  | ${stamp} ${json}`)).toMatchObject(expected);
  expect(parseContainerLine(`\u001b[2Kmoby-1  | ${stamp} ${json}`)).toMatchObject(expected);
  expect(parseContainerLine(`${stamp} ${json}`, 'moby')).toMatchObject(expected);
  expect(parseContainerLine(`agent-x-12 | ${stamp} plain words`)).toMatchObject({
    part: 'agent-x',
    line: 'plain words',
    at: Date.parse('2026-01-02T03:04:06.123Z'),
  });
  expect(parseContainerLine('no configuration file provided')).toBeNull();
});
