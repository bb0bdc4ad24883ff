/** What is wrong, as the gateway knows it, and what to do about it. The machine around it is doctor's to look at. */
import type { PartsView } from '@mobyclaw/protocol/part';
import type { Status } from '@mobyclaw/protocol/status';
import { t } from '../../texts.ts';

export interface Finding {
  what: string;
  text: string;
}

const FINE = new Set(['ready', 'unknown', 'starting']);

export function findingsOf(status: Status, { parts }: PartsView): Finding[] {
  const { agent, soul, channels = [], heartbeat, schedules, budget } = status;
  const find = (what: string, text: string | undefined): Finding[] =>
    text === undefined ? [] : [{ what, text }];
  return [
    ...find(t.health.partNames.agent ?? 'agent', agent.detail),
    ...(agent.toolProblems ?? []).flatMap((text) => find(t.health.tools, text)),
    ...find('soul.yaml', soul.problem),
    ...parts
      .filter(({ name, state }) => name !== 'agent' && !FINE.has(state))
      .flatMap(({ name, state, problem }) =>
        find(t.health.partNames[name] ?? name, problem ?? t.health.partStates[state] ?? state),
      ),
    ...channels.flatMap(({ channel, reason }) => find(t.platforms[channel] ?? channel, reason)),
    ...find(
      t.health.heartbeat,
      heartbeat && heartbeat.failures > 0 ? t.health.heartbeatFailed(heartbeat.failures) : undefined,
    ),
    ...find(
      t.health.schedules,
      schedules && schedules.failed > 0 ? t.health.schedulesFailed(schedules.failed) : undefined,
    ),
    ...find(t.usage.cap, budget?.why),
  ];
}
