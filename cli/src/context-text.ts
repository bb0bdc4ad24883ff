/** How full the model is in a conversation, for people. */
import type { Context } from '@mobyclaw/protocol/session';

const SOURCES: Record<Context['source'], string> = {
  reported: 'as the engine says',
  named: 'as you named it',
  learned: 'as the provider let it be known',
  known: 'as published',
  estimated: 'an estimate: MOBYCLAW_CONTEXT_WINDOW names it',
};

/** Such as `62 % full, 124,000 of 200,000 tokens (as published)`. */
export function contextText({ tokens, window, share, source }: Context): string {
  const [used, all] = [tokens, window].map((count) => count.toLocaleString('en'));
  return `${percent(share)} full, ${used} of ${all} tokens (${SOURCES[source]})`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
