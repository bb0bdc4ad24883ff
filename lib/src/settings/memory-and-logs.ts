import { key, oneOf, text, timeOfDayOrOff, url, whole } from './forms.ts';
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
    MOBYCLAW_RECALL: {
      about:
        'unasked: before Moby answers you, the few lines of memory and earlier conversations that belong to your message are put in front of it, at most 300 tokens. tool: he looks only when he thinks of it.',
      form: oneOf('unasked', 'tool'),
      default: 'unasked',
      parts: ['gateway'],
    },
    MOBYCLAW_REVIEW: {
      about:
        'When Moby looks through his memory at night, in the time zone above: what of the days before belongs into MEMORY.md, what there is double or stale. One call of the model, only where something new was logged; ./mobyclaw memory changes shows what he did, undo takes it back. off: never.',
      form: timeOfDayOrOff,
      default: '03:30',
      parts: ['gateway'],
    },
    MOBYCLAW_EMBEDDINGS_URL: {
      about:
        "Lets memory and history be searched by meaning too: the base address of any server with OpenAI's embeddings API. What is remembered and said is sent there. Unset: by the model that ./mobyclaw memory model install has put there, which sends nothing anywhere, else by words alone.",
      form: url('http', 'https'),
      example: 'http://localhost:11434/v1',
      parts: ['gateway'],
    },
    MOBYCLAW_EMBEDDINGS_MODEL: {
      about: 'The model that it is asked for. Another one makes all vectors anew, in the background.',
      form: text,
      example: 'nomic-embed-text',
      parts: ['gateway'],
    },
    MOBYCLAW_EMBEDDINGS_KEY: {
      about: 'The key of that server.',
      form: key,
      secret: true,
      parts: ['gateway'],
    },
    MOBYCLAW_LOG_LEVEL: {
      about: 'trace, debug, info, warn, error or silent. Logs never hold message text.',
      form: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
      default: 'info',
      parts: ['gateway', 'agent', 'supervisor', 'memory', 'workspace', 'egress'],
    },
  },
} as const satisfies Topic;
