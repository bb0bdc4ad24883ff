/** Silence, on a clock that the test moves: an hour costs nothing. */
import type { ServerResponse } from 'node:http';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentClient, RunEvent, RunOutcome } from './agent.ts';
import { createAgentClient } from './agent-client.ts';
import { isRun, line, sendJson, testServer } from './testing/server.ts';
import type { Decide } from './wanted.ts';

const SESSION = 'session-1';
const own = (type: string, more: Record<string, unknown> = {}): string =>
  line({ type, session_id: SESSION, ...more });
const tool = (type: string): string =>
  line({ type, tool_call: { id: 'call_1', type: 'function', function: { name: 'shell', arguments: '{}' } } });

class Scene {
  readonly clock = new ManualClock();
  readonly events: RunEvent[] = [];
  pings = 0;
  alive: 'yes' | 'no' | 'mute' = 'yes';
  outcome: RunOutcome | null = null;
  #stream: ServerResponse | null = null;
  #client: AgentClient | null = null;

  async start(decide?: Decide): Promise<this> {
    const server = await testServer((asked, response) => {
      if (asked.path === '/api/ping') {
        this.pings += 1;
        if (this.alive === 'yes') sendJson(response, 200, { status: 'ok' });
        else if (this.alive === 'no') response.destroy();
      } else if (isRun(asked)) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        this.#stream = response;
      } else sendJson(response, 200, { message: 'session resumed' });
    });
    this.#client = createAgentClient({
      url: server.url,
      clock: this.clock,
      logger: silentLogger,
      generation: 'messages-array',
    });
    onTestFinished(() => this.#client?.close());
    const run = this.#client.run(
      { sessionId: SESSION, text: 'hi', identity: {}, ...(decide ? { decide } : {}) },
      (event) => this.events.push(event),
      new AbortController().signal,
    );
    void run.then((outcome) => {
      this.outcome = outcome;
    });
    await until('the request', () => this.#stream);
    return this;
  }

  async say(text: string): Promise<void> {
    const before = this.events.length;
    this.#stream?.write(text);
    await until('the event', () => this.events.length > before);
  }

  get notices(): string[] {
    return this.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  }

  end(): void {
    this.#stream?.end(own('message_added') + own('stream_stopped'));
  }

  /** Time passes; each ping is answered before more does. */
  async pass(ms: number): Promise<void> {
    const stepMs = 15_000;
    for (let passedMs = 0; passedMs < ms && this.outcome === null; passedMs += stepMs) {
      const before = this.pings;
      await this.clock.advance(stepMs);
      if (this.alive === 'mute') await this.clock.advance(3_000);
      await until(
        'the ping to be over',
        () => this.outcome !== null || this.pings > before || this.clock.waiting > 0,
      );
      await until('the watchdog to go on', () => this.outcome !== null || this.clock.waiting > 0);
    }
  }
}

const MINUTE = 60_000;

describe('watchdog', () => {
  it('gives a silent model up after five minutes, though the agent lives', async () => {
    const scene = await new Scene().start();
    await scene.say(own('agent_choice', { content: 'thinking … ' }));
    await scene.pass(4 * MINUTE);
    expect(scene.outcome).toBeNull();
    expect(scene.notices).toEqual([
      'The model has said nothing for 30 seconds. It is waited for, 5 minutes at most.',
    ]);
    await scene.pass(3 * MINUTE);
    const outcome = await until('the outcome', () => scene.outcome);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'stalled', remedy: 'same-session' },
      partial: 'thinking … ',
      openToolCall: false,
    });
  });

  it('lets a quiet tool run for an hour, and no longer', async () => {
    const scene = await new Scene().start();
    await scene.say(tool('tool_call'));
    await scene.pass(55 * MINUTE);
    expect(scene.outcome).toBeNull();
    expect(scene.notices).toEqual([]); // tools tell of themselves
    await scene.pass(10 * MINUTE);
    const outcome = await until('the outcome', () => scene.outcome);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'stalled', remedy: 'none' },
      openToolCall: true,
      toolsStarted: ['shell'],
    });
  });

  it('says nothing while a person is asked, for as long as it takes, and notices an agent that dies meanwhile', async () => {
    const scene = await new Scene().start(() => new Promise(() => {}));
    await scene.say(tool('partial_tool_call') + tool('tool_call_confirmation'));
    await scene.pass(90 * MINUTE);
    expect(scene.outcome).toBeNull();
    expect(scene.notices).toEqual([]);
    scene.alive = 'no';
    await scene.pass(2 * MINUTE);
    expect(await until('the outcome', () => scene.outcome)).toMatchObject({
      kind: 'failed',
      error: { code: 'agent_died' },
      openToolCall: true,
      toolsStarted: [], // it only waited to be allowed
    });
  });

  it('counts from the last event', async () => {
    const scene = await new Scene().start();
    for (let round = 0; round < 3; round++) {
      await scene.say(own('agent_choice', { content: `${round} ` }));
      await scene.pass(4 * MINUTE);
    }
    expect(scene.outcome).toBeNull();
    expect(scene.notices).toHaveLength(3); // one in each silence
    scene.end();
    expect(await until('the outcome', () => scene.outcome)).toMatchObject({ kind: 'completed' });
  });

  it.each(['no', 'mute'] as const)('gives a dead agent up after three pings (%s)', async (alive) => {
    const scene = await new Scene().start();
    await scene.say(tool('tool_call'));
    scene.alive = alive;
    await scene.pass(2 * MINUTE);
    const outcome = await until('the outcome', () => scene.outcome);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'agent_died', remedy: 'agent-back' },
      openToolCall: true,
    });
    expect(scene.pings).toBe(3);
  });

  it('does not take the sleep of a laptop for a stall', async () => {
    const scene = await new Scene().start();
    await scene.say(own('agent_choice', { content: 'one ' }));
    scene.clock.jump(8 * 60 * MINUTE);
    await scene.pass(MINUTE);
    expect(scene.outcome).toBeNull();
    scene.end();
    await until('the outcome', () => scene.outcome);
  });

  it('ends a run that has stopped but whose body never ends', async () => {
    const scene = await new Scene().start();
    await scene.say(own('agent_choice', { content: 'done' }));
    await scene.say(own('stream_stopped') + own('message_added'));
    await scene.say(
      own('agent_choice', { content: ' and dusted' }) + own('message_added') + own('stream_stopped'),
    );
    await scene.clock.advance(10_000);
    expect(await until('the outcome', () => scene.outcome)).toMatchObject({
      kind: 'completed',
      text: 'done\n\n and dusted',
    });
  });

  it('suspects a retry after a pause in mid-answer, by our clock alone', async () => {
    const scene = await new Scene().start();
    const bare = (content: string): string =>
      `data: ${JSON.stringify({ type: 'agent_choice', session_id: SESSION, content })}\n\n`;
    await scene.say(bare('Hello, I am'));
    await scene.clock.advance(200);
    await scene.say(bare('Hello, I am Moby.'));
    scene.end();
    // What is stored cannot be read here, so the text that began twice is folded.
    expect(await until('the outcome', () => scene.outcome)).toMatchObject({
      kind: 'completed',
      text: 'Hello, I am Moby.',
      replaced: true,
    });
  });
});
