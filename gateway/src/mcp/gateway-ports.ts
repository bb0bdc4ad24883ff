/** Joins the tools to the gateway they stand in. */

import type { Clock } from '@mobyclaw/lib/clock';
import type { Problem } from '@mobyclaw/protocol/problem';
import type { Messaging } from '../messaging/messaging.ts';
import { searchMemory } from '../parts/memory-tools.ts';
import type { PartClient } from '../parts/part-client.ts';
import type { Store } from '../store/store.ts';
import type { TurnService } from '../turns/turn-service.ts';
import { Asking } from './ask.ts';
import type { AgentFile, KnownChannel, ToolPorts } from './tool-ports.ts';

export interface GatewayPortsOptions {
  store: Store;
  history: ToolPorts['history'];
  turns: TurnService;
  /** Null while no channel is enabled. */
  messaging: () => Messaging | null;
  /** The memory server, where there is one. */
  memory: PartClient | null;
  /** Stands beside the agent, where there is one. */
  supervisor: PartClient | null;
  jobs: ToolPorts['jobs'];
  questions: ToolPorts['questions'];
  proposeForgetting: ToolPorts['proposeForgetting'];
  proposeSkill: ToolPorts['proposeSkill'];
  clock: Clock;
  timeZone: string;
}

export function gatewayPorts(options: GatewayPortsOptions): ToolPorts {
  const { store, history, turns, messaging, memory, supervisor, jobs, questions, clock, timeZone } = options;
  return {
    store,
    history,
    clock,
    timeZone,
    jobs,
    questions,
    channels: () => knownChannels(messaging()),
    mayWrite: (channel) => messaging()?.refusal(channel) === null,
    send: (message) => void messaging()?.deliver(message),
    readAgentFile: supervisor && ((path) => readAgentFile(supervisor, path)),
    proposeForgetting: options.proposeForgetting,
    proposeSkill: options.proposeSkill,
    asking: new Asking(turns, clock),
    searchMemory: (query) => searchMemory(memory, query),
  };
}

function knownChannels(messaging: Messaging | null): KnownChannel[] {
  if (!messaging) return [];
  const up = new Set(
    messaging.channels().flatMap(({ platform, status }) => (status.state === 'up' ? platform : [])),
  );
  const isUp = (key: string): boolean => [...up].some((platform) => key.startsWith(`${platform}:`));
  const people = messaging.access.people().map(({ channel, name }) => ({ key: channel, title: name }));
  const groups = messaging.access.groups().map(({ channel }) => ({ key: channel }));
  return [...people, ...groups].map((known) => ({ ...known, up: isUp(known.key) }));
}

async function readAgentFile(supervisor: PartClient, path: string): Promise<AgentFile | { refusal: string }> {
  const answer = await supervisor.download(`/file?path=${encodeURIComponent(path)}`);
  if (!answer)
    return { refusal: 'The file could not be read now: the supervisor of the agent does not answer.' };
  const { status, headers, body } = answer;
  if (status === 200) return { name: decodeURIComponent(String(headers['x-file-name'])), data: body };
  const { detail } = JSON.parse(body.toString('utf8')) as Problem;
  return { refusal: detail };
}
