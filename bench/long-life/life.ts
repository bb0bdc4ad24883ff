/** One conversation for a long time: small talk, codes of things told along the way, and a question for each at the end. */
import { factQuestion, factSentence } from '@mobyclaw/testkit/remembering-model';
import { Random } from '../soak/random.ts';
import { ask } from './client.ts';
import { type AgentKind, World } from './world.ts';

const FACTS = 20;
const COLOURS = ['red', 'blue', 'green', 'old', 'small'];
const THINGS = ['boat', 'door', 'safe', 'garden gate'];
const TALK = 'We talked about trees and ships and the weather at sea, and what the neighbours said of it. ';

export interface LifeOptions {
  folder: string;
  agent: AgentKind;
  turns: number;
  drops?: boolean;
  seed?: number;
}

export interface Life {
  turns: number;
  answered: number;
  /** Calls that the provider refused as too long. */
  refused: number;
  /** Questions whose answer was right, of those asked. */
  known: number;
  asked: number;
  /** Input tokens of each turn's calls. */
  tokens: number[];
  wrong: string[];
}

export async function live({ folder, agent, turns, drops = false, seed = 1 }: LifeOptions): Promise<Life> {
  const random = new Random(seed);
  const facts = factsOf(random);
  const world = await World.start({ folder, agent, drops });
  const life: Life = { turns, answered: 0, refused: 0, known: 0, asked: 0, tokens: [], wrong: [] };
  try {
    const told = new Map([...facts].map((fact, index) => [Math.floor((index * turns) / FACTS), fact]));
    for (let turn = 0; turn < turns; turn++) {
      const fact = told.get(turn);
      const small = TALK.repeat(random.between(1, 6));
      const prompt = fact ? `${turn}: ${factSentence(...fact)}` : `${turn}: ${small}`;
      const { text, inputTokens } = await ask(world, prompt, `turn-${turn}`);
      if (text.includes('taken note')) life.answered++;
      else life.wrong.push(`${turn}: ${text}`);
      life.tokens.push(inputTokens);
    }
    for (const [thing, code] of facts) {
      const { text } = await ask(world, factQuestion(thing), `question-${thing}`);
      life.asked++;
      if (text === `It is ${code}.`) life.known++;
      else life.wrong.push(`${thing}: ${text} (it is ${code})`);
    }
    life.refused = world.refused;
  } finally {
    await world.close();
  }
  return life;
}

export function factsOf(random: Random): Map<string, string> {
  const facts = new Map<string, string>();
  for (const colour of COLOURS) {
    for (const thing of THINGS) {
      const code = `${random.pick([...'ABCDEFGHK'])}${random.between(1, 9)}-${random.between(1000, 9999)}`;
      facts.set(`${colour} ${thing}`, code);
    }
  }
  return facts;
}

/** Average and most input tokens of a turn, in so many parts of a life. */
export function curve(tokens: readonly number[], parts = 10): string {
  const size = Math.ceil(tokens.length / parts);
  const rows = Array.from({ length: parts }, (_, index) => tokens.slice(index * size, (index + 1) * size));
  return rows
    .filter((row) => row.length > 0)
    .map((row, index) => {
      const average = Math.round(row.reduce((sum, count) => sum + count, 0) / row.length);
      return `turns ${index * size + 1}-${index * size + row.length}: ${average} on average, ${Math.max(...row)} at most`;
    })
    .join('\n');
}
