/**
 * A conversation of numbered questions on one platform, through a real gateway process with its real adapters, while
 * something breaks. What counts is what stands at the platform: each question has one answer of its own, recognised by its
 * name at the front and by its last word, so that a fragment is no answer.
 *
 * The other platforms are there too, unbroken, and a bystander on each is to be answered meanwhile.
 */
import { mkdirSync } from 'node:fs';
import type { ChannelStatusView, ChannelsView } from '@mobyclaw/protocol/channel';
import { type FakeAgent, startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { freePort, GatewayProcess } from '../processes/gateway-process.ts';
import type { FaultyPlatform } from './platforms/platform.ts';

const TOKENS = 12;
const LAST_WORD = `word${TOKENS - 1}`;
const UP_MS = 60_000;
/** As a platform that cannot recognise a repeated send is told first that there is a question. */
const AHEAD = '❓ I have a question for you.';
const PRESS_AGAIN_MS = 15_000; // a person who sees that nothing happens
const QUIET_MS = 4000; // nothing new at the platform for so long: a second answer would have come
const MOST_QUIET_MS = 60_000;

export interface ConversationOptions {
  folder: string;
  program: string;
  broken: FaultyPlatform;
  bystanders: readonly FaultyPlatform[];
  /** How long an answer may take before it counts as lost. */
  patienceMs: number;
}

export interface Count {
  asked: number;
  /** Without a whole answer, and nobody was told. */
  lost: number;
  /** With more than one whole answer, or asked for a permission more than once. */
  twice: number;
  /** Beginnings that stayed beside the whole answer or question, as nobody knew that they were shown. */
  fragments: number;
  /** Sends of which the platform could not say whether they happened: the person is told, and `/resend` brings them. */
  unknown: number;
}

export interface Bystanders {
  asked: number;
  answered: number;
  slowestMs: number;
}

export class Conversation {
  readonly broken: FaultyPlatform;
  readonly agent: FakeAgent;
  readonly bystanders: Bystanders = { asked: 0, answered: 0, slowestMs: 0 };
  readonly #options: ConversationOptions;
  readonly #port: number;
  readonly #asked: string[] = [];
  readonly #watches: Promise<void>[] = [];
  #gateway: GatewayProcess | null = null;

  private constructor(options: ConversationOptions, agent: FakeAgent, port: number) {
    this.#options = options;
    this.broken = options.broken;
    this.agent = agent;
    this.#port = port;
  }

  /** All channels are up when it resolves. */
  static async open(options: ConversationOptions): Promise<Conversation> {
    mkdirSync(options.folder, { recursive: true });
    const conversation = new Conversation(options, await startFakeAgent(), await freePort());
    try {
      await conversation.start();
      await conversation.up();
    } catch (error) {
      await conversation.close();
      throw error;
    }
    return conversation;
  }

  async start(): Promise<void> {
    const { folder: home, program, broken, bystanders } = this.#options;
    const env = Object.assign({}, ...[broken, ...bystanders].map((one) => one.env));
    this.#gateway = await GatewayProcess.start({
      home,
      program,
      port: this.#port,
      agentUrl: this.agent.url,
      env,
    });
  }

  async kill(): Promise<void> {
    await this.#gateway?.kill();
    this.#gateway = null;
  }

  /** Waits until the platforms have a connection, all of them or only the broken one. */
  async up(which: 'all' | 'broken' = 'all'): Promise<void> {
    const { broken, bystanders } = this.#options;
    const awaited = new Set([broken, ...(which === 'all' ? bystanders : [])].map(({ platform }) => platform));
    await until(
      `${[...awaited].join()} to be up`,
      async () => {
        const up = (await this.#channels()).items.filter(({ state }) => state === 'up');
        return (
          up.filter(({ channel }) => awaited.has(channel as FaultyPlatform['platform'])).length ===
          awaited.size
        );
      },
      UP_MS,
    );
  }

  /** What `status` says about the broken platform. */
  async state(): Promise<ChannelStatusView | undefined> {
    const { items } = await this.#channels();
    return items.find(({ channel }) => channel === this.broken.platform);
  }

  /** A person logs in with the code that `status` shows; resolves when the channel is up. */
  async logIn(): Promise<void> {
    const code = await until('a code in the status', async () => (await this.state())?.login?.qr, UP_MS);
    this.broken.logIn?.(code);
    await this.up('broken');
  }

  /** @param intervalMs between the words of the answer; @returns the question's name */
  ask(intervalMs = 60): string {
    const name = `q${this.#asked.length}`;
    this.#asked.push(name);
    this.broken.say(`${name} tokens=${TOKENS} interval=${Math.round(intervalMs)}ms`);
    return name;
  }

  /** The same of something that needs the owner's word. */
  askPermitted(): string {
    const name = `q${this.#asked.length}`;
    this.#asked.push(name);
    this.broken.say(`${name} tool=shell confirm tokens=${TOKENS} interval=20ms`);
    return name;
  }

  /** Waits until the agent works on it. */
  async running(name: string): Promise<void> {
    const runs = (): boolean =>
      this.agent.stats().runs.some(({ prompt }) => prompt.includes(`${name} tool=`));
    await until(`a run of ${name}`, runs, this.#options.patienceMs);
  }

  /** Waits until the owner is asked. */
  async asksOwner(name: string): Promise<void> {
    await until(`a question about ${name}`, () => this.#questions(name).length > 0, this.#options.patienceMs);
  }

  /** The owner allows it once. @returns whether the answer came */
  async permit(name: string): Promise<boolean> {
    const end = Date.now() + this.#options.patienceMs;
    while (Date.now() < end) {
      await this.up('broken');
      this.broken.allow(`${name} tool=`);
      const again = Date.now() + PRESS_AGAIN_MS;
      while (Date.now() < again) {
        if (this.#isWhole(name)) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return false;
  }

  /** Waits until the answer shows, whole or not. */
  async begun(name: string): Promise<void> {
    const isShown = (): boolean => this.#answers(name).length + this.#previews(name).length > 0;
    await until(`the first words to ${name}`, isShown, this.#options.patienceMs);
  }

  /** Waits for all that was asked; what is not answered in time is left for `count`. @returns whether all was */
  async answered(): Promise<boolean> {
    const open = (): number => this.#asked.filter((name) => !this.#isWhole(name)).length;
    const end = Date.now() + this.#options.patienceMs;
    while (open() > 0) {
      // What is left is known to be in doubt: no waiting brings it.
      if (Date.now() > end || (open() <= (await this.#unknown()) && (await this.#isQuiet()))) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return true;
  }

  /** Somebody on each of the other platforms asks too. */
  askBystanders(): void {
    for (const [index, one] of this.#options.bystanders.entries()) {
      const name = `b${this.bystanders.asked++}`;
      const from = Date.now();
      one.say(`${name} tokens=${TOKENS} interval=20ms`);
      const isAnswered = (): boolean => one.shown().some((text) => isAnswer(text, name) && isEnd(text));
      this.#watches.push(
        until(`an answer to bystander ${index}`, isAnswered, this.#options.patienceMs).then(
          () => {
            this.bystanders.answered++;
            this.bystanders.slowestMs = Math.max(this.bystanders.slowestMs, Date.now() - from);
          },
          () => undefined, // asked and not answered: that is what the count shows
        ),
      );
    }
  }

  /** Waits until each bystander is answered, or has waited too long. */
  async bystandersDone(): Promise<void> {
    await Promise.all(this.#watches);
  }

  /** Waits until nothing more comes, and counts. */
  async count(): Promise<Count> {
    await this.bystandersDone();
    const end = Date.now() + MOST_QUIET_MS;
    while (!(await this.#isQuiet()) && Date.now() < end);
    const missing = this.#asked.filter((name) => !this.#isWhole(name)).length;
    const unknown = await this.#unknown();
    return {
      asked: this.#asked.length,
      lost: Math.max(0, missing - unknown),
      twice: this.#asked.filter(
        (name) => this.#answers(name).filter(isEnd).length > 1 || this.#questions(name).length > 1,
      ).length,
      fragments:
        this.broken.shown().filter((text) => text === AHEAD).length +
        this.#asked.flatMap((name) => [
          ...this.#answers(name).filter((text) => !isEnd(text)),
          ...this.#previews(name),
        ]).length,
      unknown,
    };
  }

  async close(): Promise<void> {
    this.broken.lift();
    await this.kill();
    await this.agent.close();
  }

  /** @returns whether what is shown stayed the same for a while */
  async #isQuiet(): Promise<boolean> {
    const before = JSON.stringify(this.broken.shown());
    const end = Date.now() + QUIET_MS;
    while (Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (JSON.stringify(this.broken.shown()) !== before) return false;
    }
    return true;
  }

  #answers(name: string): string[] {
    return this.broken.shown().filter((text) => isAnswer(text, name));
  }

  /** Messages that ask for the owner's word. */
  #questions(name: string): string[] {
    return this.broken
      .shown()
      .filter((text) => text.includes('wants to use') && text.includes(`${name} tool=`));
  }

  #previews(name: string): string[] {
    return (this.broken.previews?.() ?? []).filter((text) => isAnswer(text, name));
  }

  #isWhole(name: string): boolean {
    return this.#answers(name).some(isEnd);
  }

  async #unknown(): Promise<number> {
    const { trouble } = await this.#channels();
    const mine = (channel: string): boolean => channel.startsWith(`${this.broken.platform}:`);
    return trouble.filter(({ channel, state }) => state === 'unknown' && mine(channel)).length;
  }

  async #channels(): Promise<ChannelsView> {
    if (!this.#gateway) throw new Error('the gateway is down');
    const { port, token } = this.#gateway;
    const response = await fetch(`http://127.0.0.1:${port}/api/channels`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`/api/channels answered ${response.status}`);
    return (await response.json()) as ChannelsView;
  }
}

function isAnswer(text: string, name: string): boolean {
  return text.startsWith(`You said: ${name} `);
}

function isEnd(text: string): boolean {
  return text.endsWith(LAST_WORD);
}
