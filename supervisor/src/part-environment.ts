/**
 * Which variable goes to which part in local mode: of the settings those that lib/src/settings says, and of the machine's
 * own those named here. Nothing is inherited, so what neither names reaches no part. No LLM key goes to the gateway or the
 * servers, no messaging token to the agent.
 */
import { AGENT_DOOR } from '@mobyclaw/lib/agent-door';
import type { BoundSecret } from '@mobyclaw/lib/credentials/bound-secrets';
import {
  CREDENTIAL_NAMES,
  isNamed,
  isStackSecret,
  LOCALE_NAMES,
  type NameRule,
  NETWORK_NAMES,
  PROGRAM_NAMES,
  PROXY_NAMES,
} from '@mobyclaw/lib/environment-names';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import { isSettingName, SETTINGS } from '@mobyclaw/lib/settings';
import { relayVariables } from '@mobyclaw/lib/soul-variables';
import type { WorkspaceEntry } from '@mobyclaw/lib/workspaces-conf';
import { PROVIDER_ADDRESSES, PROVIDER_KEYS } from '@mobyclaw/protocol/model-providers';

export type PartName = 'memory' | 'workspace' | 'egress' | 'agent' | 'gateway';
type Environment = Readonly<Record<string, string | undefined>>;

interface Rule {
  parts: readonly PartName[];
  names: readonly NameRule[];
}

const RULES: readonly Rule[] = [
  {
    parts: ['memory', 'workspace', 'egress', 'agent', 'gateway'],
    names: LOCALE_NAMES,
  },
  // The agent's shell is the owner's: it finds his programs and his home.
  { parts: ['agent'], names: PROGRAM_NAMES },
  { parts: ['workspace'], names: ['PATH'] }, // for ripgrep
  { parts: ['egress', 'gateway'], names: NETWORK_NAMES },
  { parts: ['agent'], names: NETWORK_NAMES.filter((name) => !PROXY_NAMES.includes(name)) },
  // Keys of models; what else soul.yaml names is added where the engine is started (engine-environment.ts).
  { parts: ['egress'], names: [...PROVIDER_KEYS, ...PROVIDER_ADDRESSES] },
  { parts: ['agent'], names: [/^(DOCKER_AGENT|CAGENT)_\w+$/] },
  { parts: ['memory'], names: ['MOBYCLAW_DEFAULTS'] },
];

/** By which the parts know each other; made anew for each start. The agent has `mcp` and `model` alone. */
export interface PartSecrets {
  /** Agent to MCP servers. */
  mcp: string;
  /** Gateway to supervisor. */
  control: string;
  /** Gateway to memory. */
  memory: string;
  /** Gateway to egress. */
  egress: string;
  /** Agent to the relay of egress, in the place of a provider's key. */
  model: string;
  /** Signs, at the gateway, whose turn a tool call belongs to; memory checks it. */
  capability: string;
}

/** What the supervisor itself decides; it stands above whatever the environment says. */
export interface LocalAddresses {
  home: string;
  port: number;
  secrets: PartSecrets;
  memoryPort: number;
  workspacePort: number;
  /** Of egress: its relay, its door, and what steers it. */
  relayPort: number;
  doorPort: number;
  egressPort: number;
  controlPort: number;
  /** `unix:///…` */
  agentUrl: string;
  /** Where the agent stands behind walls: the port at which he finds the gateway, and the sockets that are for him alone. */
  walled?: { gatewayPort: number; door(part: 'memory' | 'gateway'): string };
}

export interface PartSources {
  environment: Environment;
  /** `credentials.env`, for the agent alone. */
  credentials: Readonly<Record<string, string>>;
  /** Those that the agent has only stand-ins of, for egress. */
  bound?: readonly BoundSecret[];
  /** The owner's soul.yaml, for the keys of models that it names; empty where there is none yet. */
  soul: string;
  /** Of `workspaces.conf`. */
  workspaces: readonly WorkspaceEntry[];
  addresses: LocalAddresses;
}

export function partEnvironment(part: PartName, sources: PartSources): Record<string, string> {
  const { environment, credentials, bound = [], soul, workspaces, addresses } = sources;
  const chosen = { ...ofTheMachine(part, environment), ...ofTheOwner(part, environment) };
  const { secrets, home, memoryPort } = addresses;
  const memoryUrl = `http://127.0.0.1:${memoryPort}`;
  if (part === 'memory') {
    return {
      ...chosen,
      ...MALLOC_SETTINGS,
      MOBYCLAW_HOME: home,
      MOBYCLAW_MCP_TOKEN: secrets.mcp,
      MOBYCLAW_MEMORY_TOKEN: secrets.memory,
      MOBYCLAW_CAPABILITY_KEY: secrets.capability,
      MOBYCLAW_MEMORY_LISTEN: `127.0.0.1:${memoryPort}`,
      ...doorFor('memory', addresses),
    };
  }
  if (part === 'workspace') {
    const named = workspaces.map(({ name, path, mode }) => [name, { path, mode }] as const);
    return {
      ...chosen,
      ...MALLOC_SETTINGS,
      MOBYCLAW_MCP_TOKEN: secrets.mcp,
      MOBYCLAW_WORKSPACE_LISTEN: `127.0.0.1:${addresses.workspacePort}`,
      MOBYCLAW_WORKSPACES: JSON.stringify(Object.fromEntries(named)),
    };
  }
  if (part === 'egress') {
    const named = relayVariables(soul);
    return {
      ...keysOfTheOwner(environment, named),
      ...keysOfTheOwner(credentials, named),
      ...keysOfTheOwner(Object.fromEntries(bound.map(({ name, value }) => [name, value])), named),
      ...chosen,
      ...MALLOC_SETTINGS,
      MOBYCLAW_HOME: home,
      MOBYCLAW_EGRESS_TOKEN: secrets.egress,
      MOBYCLAW_MODEL_KEY: secrets.model,
      MOBYCLAW_RELAY_LISTEN: `127.0.0.1:${addresses.relayPort}`,
      MOBYCLAW_DOOR_LISTEN: `127.0.0.1:${addresses.doorPort}`,
      MOBYCLAW_EGRESS_LISTEN: `127.0.0.1:${addresses.egressPort}`,
      ...(bound.length > 0 ? { 'secrets.json': JSON.stringify(bound) } : {}),
    };
  }
  if (part === 'agent') {
    return {
      ...chosen,
      ...throughTheDoor(`http://127.0.0.1:${addresses.doorPort}`),
      ...credentials,
      ...virtualKeys({ ...environment, ...credentials }, secrets.model),
      [CREDENTIAL_NAMES]: Object.keys(credentials).join(','),
      MOBYCLAW_MCP_TOKEN: secrets.mcp,
      MOBYCLAW_MEMORY_URL: memoryUrl,
      MOBYCLAW_WORKSPACE_URL: `http://127.0.0.1:${addresses.workspacePort}`,
      MOBYCLAW_GATEWAY_URL: `http://127.0.0.1:${addresses.walled?.gatewayPort ?? addresses.port}`,
      MOBYCLAW_MODEL_KEY: secrets.model,
      MOBYCLAW_RELAY_URL: `http://127.0.0.1:${addresses.relayPort}`,
      MOBYCLAW_DOOR_URL: `http://127.0.0.1:${addresses.doorPort}`,
    };
  }
  return {
    ...chosen,
    ...MALLOC_SETTINGS,
    MOBYCLAW_HOME: home,
    MOBYCLAW_PORT: String(addresses.port),
    MOBYCLAW_MCP_TOKEN: secrets.mcp,
    MOBYCLAW_CONTROL_TOKEN: secrets.control,
    MOBYCLAW_MEMORY_TOKEN: secrets.memory,
    MOBYCLAW_CAPABILITY_KEY: secrets.capability,
    MOBYCLAW_EGRESS_TOKEN: secrets.egress,
    MOBYCLAW_EGRESS_URL: `http://127.0.0.1:${addresses.egressPort}`,
    MOBYCLAW_MEMORY_URL: memoryUrl,
    MOBYCLAW_AGENT_URL: addresses.agentUrl,
    ...doorFor('gateway', addresses),
    ...(addresses.walled ? { MOBYCLAW_WALLS: 'on' } : {}), // so that it tells an owner from before, once
    MOBYCLAW_AGENT_CONTROL_URL: `http://127.0.0.1:${addresses.controlPort}`,
  };
}

/**
 * How his programs are told the way out, in both spellings, since each reads its own. Where there are walls it is the only
 * one; where not it is a convenience. The owner's own proxy is asked by egress, and his programs need not know of it.
 */
function throughTheDoor(door: string): Record<string, string> {
  const own = 'localhost,127.0.0.1,::1';
  return {
    ...{ HTTP_PROXY: door, HTTPS_PROXY: door, NO_PROXY: own },
    ...{ http_proxy: door, https_proxy: door, no_proxy: own },
  };
}

function doorFor(part: 'memory' | 'gateway', { walled }: LocalAddresses): Record<string, string> {
  return walled === undefined ? {} : { [AGENT_DOOR]: walled.door(part) };
}

/** @returns whether it is none of the owner's own names, such as the key of a model */
export function isKnownVariable(name: string): boolean {
  const ofTheMachine = RULES.some(({ names }) => isNamed(name, names)) && !PROVIDER_KEYS.includes(name);
  return (
    ofTheMachine || isSettingName(name) || /^MOBYCLAW_/.test(name) || Object.hasOwn(MALLOC_SETTINGS, name)
  );
}

function ofTheMachine(part: PartName, environment: Environment): Record<string, string> {
  const names = RULES.flatMap((rule) => (rule.parts.includes(part) ? rule.names : []));
  return given(environment, (name) => (isNamed(name, names) ? name : null));
}

/** The settings that the part gets, by the names under which it does. */
function ofTheOwner(part: PartName, environment: Environment): Record<string, string> {
  return given(environment, (name) => {
    if (!isSettingName(name)) return null;
    const { parts, nameIn } = SETTINGS[name];
    return parts.includes(part) ? (nameIn?.[part] ?? name) : null;
  });
}

/** What soul.yaml names for its models, and what is called as a key is, since it may be named there later. */
function keysOfTheOwner(environment: Environment, named: readonly string[]): Record<string, string> {
  return given(environment, (name) => {
    if (isStackSecret(name) || name === CREDENTIAL_NAMES) return null;
    return named.includes(name) || /(_KEY|_TOKEN)$/.test(name) ? name : null;
  });
}

/** The agent is to see which keys there are, and none of them. */
function virtualKeys(environment: Environment, key: string): Record<string, string> {
  const names = PROVIDER_KEYS.filter((name) => environment[name]);
  return Object.fromEntries(names.map((name) => [name, key]));
}

/** @param nameFor the name under which the part gets it, or null where it does not */
function given(environment: Environment, nameFor: (name: string) => string | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => {
      const as = value ? nameFor(name) : null;
      return value && as !== null ? [[as, value] as const] : [];
    }),
  );
}
