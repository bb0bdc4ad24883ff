import { capOrOff } from './forms.ts';
import type { Topic } from './setting.ts';

const cap = { form: capOrOff, default: 'off', parts: ['gateway'] } as const;

export const budget = {
  title: 'Budget',
  about: `What may be spent. You are told at 80 %, what nobody asked for (heartbeat, schedules, webhooks) stops at 90 %, everything at 100 %; ./mobyclaw usage lift lets it run for the rest of the day. Public prices of the models that init offers are built in; write others, or your own, into gateway/prices.yaml in the data directory:
  models:
    anthropic/claude-sonnet-4-5: { input: 3, output: 15, cached: 0.3 }   # dollars per million tokens
    "ollama/*": { input: 0, output: 0 }
    "speech/tts-1": { input: 15, output: 0 }               # per million characters spoken
    "transcription/whisper-1": { input: 100, output: 0 }   # per million seconds listened to`,
  settings: {
    MOBYCLAW_BUDGET_DAY_USD: { about: 'US dollars in a day of your calendar.', ...cap },
    MOBYCLAW_BUDGET_MONTH_USD: { about: 'US dollars in a month of it.', ...cap },
    MOBYCLAW_BUDGET_DAY_TOKENS: { about: 'Tokens in a day.', ...cap },
    MOBYCLAW_BUDGET_MONTH_TOKENS: { about: 'Tokens in a month.', ...cap },
  },
} as const satisfies Topic;
