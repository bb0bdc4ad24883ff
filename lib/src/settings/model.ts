import { key, oneOf } from './forms.ts';
import type { Topic } from './setting.ts';

const modelKey = { form: key, parts: ['egress'], secret: true } as const;

export const model = {
  title: 'Model',
  about:
    'The key of the provider that soul.yaml names, under the name that token_key gives it there if it gives one. Without any, Moby answers by rules (model "offline"), which is enough to try everything.',
  settings: {
    ANTHROPIC_API_KEY: { about: 'The key of Anthropic, from console.anthropic.com.', ...modelKey },
    OPENAI_API_KEY: { about: 'The key of OpenAI, from platform.openai.com.', ...modelKey },
    GOOGLE_API_KEY: { about: 'The key of Google, from aistudio.google.com.', ...modelKey },
    MOBYCLAW_AGENT: {
      about:
        "Which program runs the agent loop: cagent (Docker's agent runtime) or embedded (comes with Mobyclaw; the only one that answers without a key). Unset: in containers cagent; in local mode cagent where it is on the PATH, else embedded.",
      form: oneOf('cagent', 'embedded'),
      example: 'embedded',
      parts: ['supervisor'],
    },
    MOBYCLAW_MODELS_DEV: {
      about:
        'Whether cagent may look up models at models.dev, again and again: offline, or online where egress.yaml allows models.dev. What calls cost, egress knows without.',
      form: oneOf('online', 'offline'),
      default: 'offline',
      parts: ['supervisor'],
    },
  },
} as const satisfies Topic;
