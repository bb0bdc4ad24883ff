import { key, whole } from './forms.ts';
import type { Topic } from './setting.ts';

const partSecret = { form: key, secret: true } as const;
const id = { form: whole(0, 4_294_967_294), example: '1000', parts: [], containersOnly: true } as const;

export const containers = {
  title: 'Containers',
  about:
    'Written by ./mobyclaw init: the secrets by which the parts know each other, and the user and group that the containers run as.',
  settings: {
    MOBYCLAW_MCP_TOKEN: {
      about: 'Shown by the agent to the servers whose tools he uses.',
      ...partSecret,
      parts: ['gateway', 'agent', 'memory', 'workspace'],
      containersOnly: true,
    },
    MOBYCLAW_AGENT_TOKEN: {
      about: 'Shown by the gateway to the agent.',
      ...partSecret,
      parts: ['gateway', 'supervisor'],
    },
    MOBYCLAW_CONTROL_TOKEN: {
      about: "Shown by the gateway to the agent's supervisor.",
      ...partSecret,
      parts: ['gateway', 'supervisor'],
      containersOnly: true,
    },
    MOBYCLAW_MEMORY_TOKEN: {
      about: 'Shown by the gateway to the memory server.',
      ...partSecret,
      parts: ['gateway', 'memory'],
      containersOnly: true,
    },
    MOBYCLAW_CAPABILITY_KEY: {
      about: 'Signs, at the gateway, whose turn a tool call belongs to.',
      ...partSecret,
      parts: ['gateway', 'memory'],
      containersOnly: true,
    },
    MOBYCLAW_EGRESS_TOKEN: {
      about: 'Shown by the gateway to egress, the part through which Moby reaches the outside.',
      ...partSecret,
      parts: ['gateway', 'egress'],
      containersOnly: true,
    },
    MOBYCLAW_MODEL_KEY: {
      about:
        'Shown by the agent to egress in the place of a key of a model provider. It opens nothing but that.',
      ...partSecret,
      parts: ['agent', 'egress'],
      containersOnly: true,
    },
    MOBYCLAW_UID: { about: 'The user who owns the data directory.', ...id },
    MOBYCLAW_GID: { about: 'The group of that user.', ...id },
  },
} as const satisfies Topic;
