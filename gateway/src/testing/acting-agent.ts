/**
 * A fake agent whose model calls tools of the gateway and of memory as a test says: in the turn of a message, through the protocol's own
 * client, with what the run's headers say. That is all an agent hands on.
 */
import type { FakePrompt, Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { callMcp, connectMcp } from '@mobyclaw/testkit/mcp-client';

export const AGENT_TOKEN = 'the-token-that-the-agent-shows';

export interface ToolAnswer {
  text: string;
  isError: boolean;
}

interface Wanted {
  words: string;
  tool: string;
  input: object;
  settle: (answer: Promise<ToolAnswer>) => void;
}

export class ActingAgent {
  /** Of the gateway; set it once that is open. */
  port = 0;
  /** Address of the memory server, where there is one. */
  memory = '';
  readonly #wanted: Wanted[] = [];

  /** For the fake agent: undefined where no test waits for what this message does. */
  readonly script = ({ text, capability }: FakePrompt): Step[] | undefined => {
    const at = this.#wanted.findIndex(({ words }) => text.includes(words));
    const [wanted] = at === -1 ? [] : this.#wanted.splice(at, 1);
    if (!wanted) return undefined;
    const act = async (): Promise<string> => {
      const answer = this.send(capability, wanted.tool, wanted.input);
      wanted.settle(answer);
      return (await answer).text;
    };
    return [
      { do: 'tools', calls: [{ name: wanted.tool, act }] },
      { do: 'text', text: `Heard: ${text}` },
    ];
  };

  /** @returns what the tool answers once a message with these words is worked on */
  onMessage(words: string, tool: string, input: object): Promise<ToolAnswer> {
    return new Promise((resolve) => this.#wanted.push({ words, tool, input, settle: resolve }));
  }

  /** A call with any capability, or none. */
  async send(capability: string | null, tool: string, input: object): Promise<ToolAnswer> {
    const headers = capability === null ? {} : { 'X-Moby-Turn': capability };
    const url = tool.startsWith('memory_') ? this.memory : `http://127.0.0.1:${this.port}`;
    const client = await connectMcp(url, AGENT_TOKEN, undefined, headers);
    try {
      return await callMcp(client, tool, input);
    } finally {
      await client.close();
    }
  }
}
