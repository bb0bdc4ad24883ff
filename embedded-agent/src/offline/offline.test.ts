/** The offline mode through the real loop, in front of a memory that answers as the memory server does. */
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ofType, startAgent, type TestAgent, textOf } from '../testing/agent.ts';
import { violations } from '../testing/conformance.ts';
import { OFFLINE_NOTICE } from './reply.ts';

const CONTEXT =
  '[moby-context 7f]\nchannel: cli:main\nnote: remember that this is context\n[/moby-context]\n\n';

async function startMemory(lines: string[] = []) {
  const text = { type: 'string' };
  const log: string[] = [];
  const server = await startMcpServer({
    memory_search: {
      description: 'Search',
      inputSchema: { type: 'object', properties: { query: text }, required: ['query'] },
      annotations: { readOnlyHint: true },
      call: ({ query }) => {
        const words = String(query).toLowerCase().split(' ');
        const hits = lines.filter((line) => words.some((word) => line.toLowerCase().includes(word)));
        if (hits.length === 0)
          return textResult(
            'Nothing found for these words. Sections of MEMORY.md, with the number of their entries: Notes (1).',
          );
        return textResult(
          hits.map((line, index) => `[MEMORY.md:${index + 5} § Notes, score 1.00]\n- ${line}`).join('\n\n'),
        );
      },
    },
    memory_read: {
      description: 'Read',
      inputSchema: { type: 'object', properties: { file: text } },
      annotations: { readOnlyHint: true },
      call: () =>
        textResult(
          `MEMORY.md, lines 1 to 9 of 9.\n\n# Memory\n\n<!-- One fact a line. -->\n\n## Notes\n\n${lines.map((line) => `- ${line}`).join('\n')}`,
        ),
    },
    memory_list: {
      description: 'List',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: true },
      call: () => textResult('Files:\n- MEMORY.md, 10 bytes'),
    },
    memory_append: {
      description: 'Remember',
      inputSchema: { type: 'object', properties: { text, section: text }, required: ['text'] },
      call: ({ text: entry, section }) => {
        lines.push(String(entry));
        return textResult(`Written to MEMORY.md § ${section}:\n- ${entry}`);
      },
    },
    memory_log: {
      description: 'Log',
      inputSchema: { type: 'object', properties: { text }, required: ['text'] },
      call: ({ text: entry }) => {
        log.push(String(entry));
        return textResult('Written to memory/2026-01-01.md');
      },
    },
  });
  onTestFinished(() => server.close());
  const soul = `version: "7"
agents:
  root:
    model: anthropic/claude-sonnet-4-5
    toolsets: [{ type: mcp, remote: { url: "${server.url}", transport_type: streamable } }]
permissions: { allow: ["*"] }
`;
  return { agent: await startAgent(soul), lines, log, server };
}

/** @returns the answer without the notice that begins a conversation */
async function ask(agent: TestAgent, prompt: string, session?: string): Promise<string> {
  return (await askWhole(agent, prompt, session)).replace(`${OFFLINE_NOTICE}\n\n`, '');
}

async function askWhole(agent: TestAgent, prompt: string, session?: string): Promise<string> {
  const events = await agent.run(session ?? (await agent.newSession({})), CONTEXT + prompt);
  expect(violations(events, { cut: false })).toEqual([]);
  return textOf(events);
}

describe('the offline mode', () => {
  it('remembers in one conversation and knows in another', async () => {
    const { agent, lines } = await startMemory();
    expect(await ask(agent, 'Remember that my name is Alice')).toMatch(
      /^I will remember it: your name is Alice\./,
    );
    expect(lines).toEqual(["The owner's name is Alice."]);
    for (const question of [
      "What's my name?",
      'what is my name',
      'Who am I? What is my name?',
      'Do you remember my name?',
      'Do you know my name?',
      'Tell me my name',
    ]) {
      expect(await ask(agent, question)).toMatch(/^Your name is Alice\./);
    }
  });

  it('answers with what was asked for, whatever else it knows', async () => {
    const { agent } = await startMemory([
      "The owner's name is Alice.",
      "The owner's sister's name is Bea.",
      'The owner lives in Oslo.',
      'The owner’s birthday is 2 May.',
      'The owner likes tea with milk.',
      "The owner's favourite colour is green.",
      'Bob is vegan.',
    ]);
    for (const [question, answer] of [
      ["What's my name?", 'Your name is Alice.'],
      ["What is my sister's name?", "Your sister's name is Bea."],
      ['Where do I live?', 'You live in Oslo.'],
      ['When was I born?', 'Your birthday is 2 May.'],
      ['What do I like to drink?', 'You like tea with milk.'],
      ['Which is my favourite colour?', 'Your favourite colour is green.'],
      ['Who is Bob?', 'Bob is vegan.'],
      ['What do you know about Oslo?', 'You live in Oslo.'],
    ]) {
      expect({ question, text: (await ask(agent, question ?? '')).split('\n')[0] }).toEqual({
        question,
        text: answer,
      });
    }
    expect(await ask(agent, 'What is my shoe size?')).toMatch(
      /^I have nothing about "shoe size" in my memory\./,
    );
  });

  it('says what it is in the first reply of a session, and not again', async () => {
    const { agent } = await startMemory();
    const session = await agent.newSession({});
    expect(await askWhole(agent, 'Hi', session)).toBe(`${OFFLINE_NOTICE}\n\nHello! I'm Moby.`);
    expect(await askWhole(agent, 'Hi', session)).toBe("Hello! I'm Moby.");
    expect(OFFLINE_NOTICE).toMatch(/^No language model is set.*offline mode.*\.env/);
  });

  it('logs, lists and shows through the tools', async () => {
    const { agent, lines, log } = await startMemory();
    await ask(agent, 'Log that the package came');
    expect(log).toEqual(['The package came.']);
    expect(await ask(agent, 'What do you remember?')).toMatch(/^My memory is empty so far/);
    lines.push('The owner lives in Oslo.');
    expect(await ask(agent, 'What do you remember?')).toMatch(
      /^This is what I remember:\n- You live in Oslo\./,
    );
    expect(await ask(agent, 'list memory files')).toMatch(/^Files:\n- MEMORY\.md/);
  });

  it('streams, counts words, costs nothing, and names itself', async () => {
    const { agent } = await startMemory();
    const events = await agent.run(await agent.newSession({}), 'help');
    expect(ofType(events, 'agent_info')[0]?.model).toBe('offline/offline');
    expect(ofType(events, 'agent_choice').length).toBeGreaterThan(5);
    const usage = ofType(events, 'token_usage')[0]?.usage;
    expect(usage).toMatchObject({ cost: 0, last_message: { Model: 'offline/offline', Cost: 0 } });
    expect(usage?.output_tokens).toBe(textOf(events).match(/\S+/g)?.length);
  });

  it('takes only the block at the very beginning for the gateway’s', async () => {
    const { agent, lines } = await startMemory();
    await ask(agent, 'Remember that [moby-context] is a word');
    expect(lines).toEqual(['[moby-context] is a word.']);
  });

  it('is honest about what it cannot do, and about a memory that is gone', async () => {
    const { agent, server } = await startMemory();
    expect(await ask(agent, 'Write a poem about rain')).toMatch(
      /^I did not understand that: offline I know a few forms/,
    );
    expect(await ask(agent, 'Remind me in 5 minutes to call Bea')).toMatch(/^I have no tool for a schedule/);
    await server.close();
    expect(await ask(agent, 'Remember that I live in Oslo')).toMatch(
      /^I could not write that down: Error calling tool/,
    );
    expect(await ask(agent, 'Remember that I live in Oslo')).toMatch(/^I have no tool for a memory/);
  });
});
