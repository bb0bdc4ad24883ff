/** The rules and the log of the door, in columns. */
import { writtenRule } from '@mobyclaw/lib/egress-rules/edit-rules';
import type { DoorRow } from '@mobyclaw/protocol/egress';
import type { EgressMode } from '@mobyclaw/protocol/egress-rules';
import type { EgressView } from '@mobyclaw/protocol/egress-view';
import { byteSize } from '../byte-size.ts';
import { cell, table } from '../terminal.ts';
import { fromNow, localTime } from '../time.ts';

const MODES: Record<EgressMode, string> = {
  model: 'nothing but the model is let through',
  ask: 'you are asked about hosts that no rule names',
  open: 'any public host is let through, and written down',
};

export function modeText(mode: EgressMode): string {
  return MODES[mode];
}

export function rulesTable({
  rules,
  problem,
  door,
  asked,
  running,
}: EgressView & { running: boolean }): string[][] {
  const { mode, allow, deny, packages } = rules;
  const list = (items: readonly string[]): string => (items.length === 0 ? 'nothing' : items.join(', '));
  return [
    ['mode', `${mode}: ${MODES[mode]}`],
    ['allowed', list(allow.map(writtenRule))],
    ...(deny.length === 0 ? [] : [['denied', list(deny.map(writtenRule))]]),
    ['packages', packages ? 'on: the public registries may be read' : 'off'],
    ...(asked.length === 0 ? [] : [['asked', asked.map(({ host }) => host).join(', ')]]),
    ...(problem
      ? [
          [
            'problem',
            `egress.yaml${problem.line === undefined ? '' : `, line ${problem.line}`}: ${problem.message}${running ? ' What is shown is in force.' : ''}`,
          ],
        ]
      : []),
    ...(running && door === 'away' ? [['door', 'away: nothing is let through until it is up again']] : []),
    ...(running && door === 'none' ? [['door', 'none: this installation does not hold Moby back']] : []),
    ...(running ? [] : [['', 'Moby is not running; this is what stands in egress.yaml.']]),
  ];
}

export function logTable(rows: readonly DoorRow[], zone: string, now: number): string {
  const lines = rows.map(({ at, host, port, verdict, reason, bytesIn, bytesOut, turn }) => [
    localTime(at, zone),
    fromNow(at, now),
    verdict,
    cell(`${host}:${port}`, 60),
    verdict === 'allowed' ? `${byteSize(bytesIn)} in, ${byteSize(bytesOut)} out` : '-',
    turn?.slice(0, 8) ?? '-',
    cell(reason, 60),
  ]);
  return table([['WHEN', '', 'VERDICT', 'HOST', 'BYTES', 'TURN', 'WHY'], ...lines]);
}
