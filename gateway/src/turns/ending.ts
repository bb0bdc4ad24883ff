/** How a turn ended, as it is stored and told. */
import type { Usage } from '@mobyclaw/protocol/usage';

/** Told to the person if the answer was cut at the model's limit of tokens. */
export const CUT_ANSWER =
  'The answer was cut at the longest that the model may give (max_tokens in soul.yaml). Say “go on” for the rest.';

export type Ending =
  /** `cut`: the model had more to say. */
  | { state: 'done'; text: string; usage: Usage | null; cut?: true }
  | {
      state: 'failed' | 'cancelled';
      partial: string;
      usage: Usage | null;
      error: { code: string; message: string; retryable: boolean };
    };
