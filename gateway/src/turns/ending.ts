/** What became of a turn, as it is stored and told. */
import type { Usage } from '@mobyclaw/protocol/usage';

export type Ending =
  | { state: 'done'; text: string; usage: Usage | null }
  | {
      state: 'failed' | 'cancelled';
      partial: string;
      usage: Usage | null;
      error: { code: string; message: string; retryable: boolean };
    };
