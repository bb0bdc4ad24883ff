/**
 * What becomes of a memory in 90 days with a model that does what models do: it says known facts again in other words, writes down
 * what it was shown, repeats its last log line, and at night adds what stands there and joins what it finds double. The real
 * memory server, on a simulated clock. Which line says which fact the generator knows, so a double is counted and not guessed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { signCapability } from '@mobyclaw/mcp/capability';
import { startMemoryService } from '@mobyclaw/memory/service';
import type { ReviewStep } from '@mobyclaw/protocol/memory-review';
import { RECALLED } from '@mobyclaw/protocol/recalled';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';
import { Random } from '../soak/random.ts';
import { NAMES, OBJECTS, PLACES, TRAITS } from './pools.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 0, 5);
const AGENT = 'the-token-of-the-agent';
const GATEWAY = 'the-token-of-the-gateway';
const KEY = 'the-key-that-signs-capabilities';

interface Fact {
  id: number;
  text: string;
}

export interface Hygiene {
  days: number;
  /** What the model tried to write into MEMORY.md. */
  tried: number;
  /** Facts that there are, and lines that stand there in the end. */
  facts: number;
  lines: number;
  /** Lines that say what another line says. */
  double: number;
  /** Lines of MEMORY.md or the logs that were shown as recalled and written down again. */
  recalled: number;
  /** Log lines that repeat the one before. */
  repeated: number;
  /** Facts that stand in no line, though the model wrote them down. */
  lost: number;
  /** Share of the lines that should not be there. */
  junk: number;
}

export async function hygiene(days: number, seed: number): Promise<Hygiene> {
  const home = mkdtempSync(join(tmpdir(), 'hygiene-'));
  let now = FIRST_DAY;
  const clock = { now: () => now, after: () => ({ cancel: () => undefined }) }; // what runs by itself is not looked at here
  const random = new Random(seed);
  const service = await startMemoryService(
    {
      home,
      token: AGENT,
      gatewayToken: GATEWAY,
      capabilityKey: KEY,
      listen: { host: '127.0.0.1', port: 0 },
      allowedHosts: [],
      budgetBytes: 16_384,
      timeZone: 'UTC',
      defaults: undefined,
    },
    'bench',
    clock,
    silentLogger,
  );
  try {
    const capability = signCapability(KEY, {
      ...{ turn: 't', run: 1, session: 'cli:main', sender: 'owner', asker: 'owner' },
      until: FIRST_DAY + (days + 2) * DAY_MS,
    });
    const client = await connectMcp(service.url, AGENT, undefined, { 'x-moby-turn': capability });
    const life = new Life(random);
    let tried = 0;
    const append = async (text: string): Promise<void> => {
      tried++;
      await callMcp(client, 'memory_append', { text, section: 'Facts' });
    };
    for (let day = 0; day < days; day++) {
      now = FIRST_DAY + day * DAY_MS + 9 * 3_600_000;
      for (let count = 0; count < 3; count++) await append(life.learn().text);
      for (let count = 0; count < 4; count++) await append(life.again());
      for (let count = 0; count < 2; count++) await append(`${RECALLED} MEMORY.md:9] ${life.known().text}`);
      for (let count = 0; count < 3; count++) {
        const entry = life.event();
        await callMcp(client, 'memory_log', { text: entry });
        if (random.next() < 0.3) await callMcp(client, 'memory_log', { text: entry });
        now += 3_600_000;
      }
      await callMcp(client, 'memory_log', { text: `${RECALLED} MEMORY.md:9] ${life.known().text}` });
      const steps = life.night(linesOf(home));
      tried += steps.filter((step) => step.do === 'add').length;
      await review(service.url, new Date(now).toISOString().slice(0, 10), steps);
    }
    await client.close();
    return figures(home, life, days, tried);
  } finally {
    await service.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What was said so far, and how a model words it. */
class Life {
  readonly facts: Fact[] = [];
  /** Which fact a line says. */
  readonly byText = new Map<string, number>();
  readonly #random: Random;
  readonly #said = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
  }

  learn(): Fact {
    for (;;) {
      const text = this.#sentence();
      if (this.#said.has(text)) continue;
      this.#said.add(text);
      const fact = { id: this.facts.length, text };
      this.facts.push(fact);
      this.byText.set(text, fact.id);
      return fact;
    }
  }

  known(): Fact {
    return this.#of(this.facts);
  }

  /** A known fact in other words; one in twenty in words that only a model sees to be the same. */
  again(): string {
    const { id, text } = this.known();
    const bare = text.replace(/\.$/, '');
    const ways = [
      bare,
      `**${bare}**`,
      bare.replace(/^The owner/, 'The user'),
      bare.toLowerCase(),
      `${bare}!`,
      bare.replace(/^(.*?) (in [A-Z]\w+)$/, '$2, $1'),
    ];
    const other =
      this.#random.next() < 0.05
        ? bare.replace(' likes ', ' is fond of ').replace(' owns ', ' has got ')
        : '';
    const said = other !== '' && other !== bare ? `${other}.` : this.#of(ways);
    this.byText.set(said, id);
    return said;
  }

  event(): string {
    return `Talked with ${this.#of(NAMES)} about the ${this.#of(OBJECTS)} in ${this.#of(PLACES)}`;
  }

  /** What the model answers at night: it adds what stands there, and joins what says the same. */
  night(lines: readonly string[]): ReviewStep[] {
    const steps: ReviewStep[] = [{ do: 'add', text: this.again(), section: 'Facts' }];
    const first = new Map<number, string>();
    for (const line of lines) {
      const id = this.byText.get(line);
      const other = id === undefined ? undefined : first.get(id);
      if (other !== undefined && steps.length < 20)
        steps.push({ do: 'join', lines: [other, line], text: other });
      else if (id !== undefined) first.set(id, line);
    }
    return steps;
  }

  /** Close ones among them: "likes tea" beside "likes green tea". */
  #sentence(): string {
    const who = this.#random.next() < 0.3 ? 'The owner' : this.#of(NAMES);
    const trait = this.#random.next() < 0.5 ? `${this.#of(TRAITS)} ` : '';
    const what = `${trait}${this.#of(OBJECTS)}`;
    const verb = this.#of(['likes', 'owns', 'sells', 'paints']);
    return `${who} ${verb} the ${what} in ${this.#of(PLACES)}.`;
  }

  #of<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)] as T;
  }
}

function figures(home: string, life: Life, days: number, tried: number): Hygiene {
  const lines = linesOf(home);
  const seen = new Map<number, number>();
  for (const line of lines) {
    const id = life.byText.get(line);
    if (id !== undefined) seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  const logs = Array.from({ length: days }, (_, day) => {
    const name = new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);
    return readFileSync(join(home, `memory/${name}.md`), 'utf8').split('\n');
  });
  const isRecalled = (line: string): boolean => line.includes(RECALLED);
  const double = [...seen.values()].reduce((sum, count) => sum + count - 1, 0);
  const recalled = [...lines, ...logs.flat()].filter(isRecalled).length;
  const repeated = logs.flatMap((log) =>
    log.filter((line, at) => at > 0 && line.startsWith('- ') && line === log[at - 1]),
  ).length;
  return {
    days,
    tried,
    facts: life.facts.length,
    lines: lines.length,
    double,
    recalled,
    repeated,
    lost: life.facts.filter(({ id }) => !seen.has(id)).length,
    junk:
      (double + recalled + repeated) /
      (lines.length + logs.flat().filter((line) => line.startsWith('- ')).length),
  };
}

function linesOf(home: string): string[] {
  const text = readFileSync(join(home, 'MEMORY.md'), 'utf8');
  const facts = text.slice(text.indexOf('## Facts'));
  return facts.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
}

async function review(url: string, day: string, steps: ReviewStep[]): Promise<void> {
  const answer = await fetch(`${url}/review`, {
    method: 'POST',
    headers: { authorization: `Bearer ${GATEWAY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ day, steps }),
  });
  if (!answer.ok) throw new Error(`the look at ${day} was answered with ${answer.status}`);
}
