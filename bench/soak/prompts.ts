/** What the clients ask: a mix that gives every kind of moment, each prompt once, its answer known beforehand. */
import { readDirectives } from '@mobyclaw/testkit/fake-agent/directives';
import { answerTokens } from '@mobyclaw/testkit/fake-agent/script';
import type { Random } from './random.ts';

export interface Prompt {
  /** Idempotency key. */
  key: string;
  session: string;
  text: string;
  answer: string;
  /** How its client asks: follow the events, or wait for the answer alone. */
  style: 'stream' | 'wait';
  /** The client sends it once more after it was accepted, as a platform does that saw no acknowledgement. */
  redelivers: boolean;
  /** The client leaves its stream in the middle and comes back. */
  leaves: boolean;
}

const KINDS = [
  'tokens=12',
  'tokens=40 interval=8',
  'tokens=100 interval=5',
  'ttft=80 tokens=20',
  'tool=note tool-ms=40 tokens=15 interval=2',
  'tool=note,calendar tool-ms=30 tokens=12',
  'tool=search tool=note tool-ms=60 ttft=30 tokens=20 interval=4',
  'tool=build tool-ms=250 tokens=10',
  'reasoning=6 tokens=30 interval=3',
  'confirm tool=pay tool-ms=30 tokens=12 interval=2',
  'confirm tool=pay,post tool-ms=20 tokens=10',
  'confirm drop-resume=1 tool=pay tool=post tool-ms=10 tokens=10',
  'elicit tokens=12',
  'max-iterations tokens=12',
] as const;

/** @param index of the prompt, which makes it unique */
export function makePrompt(index: number, sessions: number, random: Random): Prompt {
  const text = `prompt ${index} ${random.pick(KINDS)}`;
  return {
    key: `key-${index}`,
    session: `api:soak-${random.between(1, sessions)}`,
    text,
    answer: answerTokens(readDirectives(text)).join(''),
    style: random.chance(0.2) ? 'wait' : 'stream',
    redelivers: random.chance(0.15),
    leaves: random.chance(0.15),
  };
}
