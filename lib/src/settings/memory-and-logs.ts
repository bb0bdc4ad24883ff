import { oneOf, whole } from './forms.ts';
import type { Topic } from './setting.ts';

export const memoryAndLogs = {
  title: 'Memory and logs',
  settings: {
    MOBYCLAW_MEMORY_BUDGET: {
      about:
        'Bytes of MEMORY.md that every model call carries. A longer file is shortened for the model, and searched for the rest.',
      form: whole(1024, 10_000_000),
      default: '16384', // about 4,000 tokens
      parts: ['memory'],
    },
    MOBYCLAW_LOG_LEVEL: {
      about: 'trace, debug, info, warn, error or silent. Logs never hold message text.',
      form: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
      default: 'info',
      parts: ['gateway', 'agent', 'supervisor', 'memory', 'workspace'],
    },
  },
} as const satisfies Topic;
