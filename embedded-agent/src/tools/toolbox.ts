/**
 * All tools of one agent in soul.yaml. Built-in ones are always there; those of an MCP server only while it can be reached: one that
 * is down costs a warning, never the run.
 */
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { Clock } from '@mobyclaw/lib/clock';
import { wellFormed } from '@mobyclaw/lib/cut-text';
import { withDoorPass } from '@mobyclaw/lib/door-pass';
import type { ToolDefinition } from '@mobyclaw/protocol/cagent';
import { capabilityOf } from '@mobyclaw/protocol/identity';
import type { AgentConfig, Soul, ToolsetConfig } from '../soul/schema.ts';
import { type FetchOptions, fetchTools } from './fetch.ts';
import { filesystemTools } from './filesystem.ts';
import { causes } from './mcp/connection-error.ts';
import { nameForProvider, otherName } from './mcp/definitions.ts';
import { isSwitchedOff, McpToolset } from './mcp-toolset.ts';
import { ownEnvironment, shellEnvironment } from './program-environment.ts';
import { shellTools } from './shell.ts';
import { SkillsToolset } from './skills.ts';
import { thinkTools } from './think.ts';
import { type TodoStorage, todoTools } from './todo.ts';
import type { AgentTool, ToolContext } from './tool.ts';
import { userPromptTools } from './user-prompt.ts';

export interface ToolboxOptions {
  environment: Readonly<Record<string, string | undefined>>;
  workingDir: string;
  clock: Clock;
  todos: TodoStorage;
  /** Addresses that the fetch tool may read besides public ones; for tests. */
  fetch?: FetchOptions;
}

export interface Offer {
  tools: ReadonlyMap<string, AgentTool>;
  /** The same as the model is given them. */
  forModel: LanguageModelV4FunctionTool[];
  /** One text a toolset. */
  instructions: string[];
  /** One line a server that could not be reached. */
  failures: string[];
}

interface Source {
  /** Names of the tools that are wanted of it; all unless given. */
  wanted: readonly string[] | undefined;
  list(run: Pick<ToolContext, 'headers'>): Promise<readonly AgentTool[]>;
  instructions(): string;
  problems(): readonly string[];
  /** Goes before the name of a tool that another toolset has too; null for built-in ones, which are the same. */
  label: string | null;
  failureName: string;
  close(): Promise<void>;
}

export class Toolbox {
  readonly #sources: readonly Source[];
  /** What the offer was made of. */
  #seen: readonly unknown[] = [];
  #offer: Offer | null = null;

  constructor(
    soul: Soul,
    { toolsets = [], skills = false }: Pick<AgentConfig, 'toolsets' | 'skills'>,
    options: ToolboxOptions,
  ) {
    const configured = toolsets
      .filter((config) => config.type !== 'mcp' || !isSwitchedOff(config, options.environment))
      .map((config) =>
        config.type === 'mcp' ? mcpSource(config, options) : builtInSource(config, options, soul),
      );
    const kit = options.environment.DOCKER_AGENT_KIT_DIR;
    this.#sources = skills && kit ? [...configured, skillsSource(kit, skills)] : configured;
  }

  /** What could not be used when the tools were listed last, one line each. */
  failures: readonly string[] = [];

  /** Whether there is nothing at all that tools could come from. */
  get empty(): boolean {
    return this.#sources.length === 0;
  }

  /** The same object as long as nothing has changed. */
  async offer(run: Pick<ToolContext, 'headers'>): Promise<Offer> {
    const lists = await Promise.allSettled(this.#sources.map((source) => source.list(run)));
    const seen = this.#sources.flatMap((source, index) => {
      const list = lists[index];
      if (list?.status !== 'fulfilled') return [list?.reason];
      return [list.value, source.instructions(), ...source.problems()];
    });
    const same = seen.length === this.#seen.length && seen.every((part, index) => part === this.#seen[index]);
    if (!same || !this.#offer) {
      this.#seen = seen;
      this.#offer = this.#offerOf(lists);
    }
    this.failures = this.#offer.failures;
    return this.#offer;
  }

  #offerOf(lists: ReadonlyArray<PromiseSettledResult<readonly AgentTool[]>>): Offer {
    const tools = new Map<string, AgentTool>();
    const instructions: string[] = [];
    const failures: string[] = [];
    for (const [index, source] of this.#sources.entries()) {
      const list = lists[index];
      if (list?.status !== 'fulfilled') {
        failures.push(`${source.failureName} start failed: ${causes(list?.reason)}`);
        continue;
      }
      for (const tool of list.value) {
        const { definition, sourceName = definition.name } = tool;
        const { wanted } = source;
        if (wanted && !wanted.includes(definition.name) && !wanted.includes(sourceName)) continue;
        const name = freeName(definition.name, source, tools);
        if (name !== null) tools.set(name, { ...tool, definition: { ...definition, name } });
      }
      failures.push(...source.problems().map((problem) => `${source.failureName}: ${problem}`));
      const text = source.instructions();
      if (text) instructions.push(text);
    }
    const forModel = wellFormed([...tools.values()].map(({ definition }) => forModelOf(definition)));
    return { tools, forModel, instructions, failures };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.close()));
  }
}

function forModelOf({ name, description, parameters }: ToolDefinition): LanguageModelV4FunctionTool {
  const inputSchema = parameters as LanguageModelV4FunctionTool['inputSchema'];
  return { type: 'function', name, ...(description ? { description } : {}), inputSchema };
}

/** The first toolset of a name has it; the tool of a later one is told apart by its server, never left out. */
function freeName(name: string, { label }: Source, taken: ReadonlyMap<string, AgentTool>): string | null {
  if (!taken.has(name)) return name;
  if (label === null) return null;
  const labelled = nameForProvider(`${label}_${name}`);
  return taken.has(labelled) ? otherName(labelled, `${taken.size}`) : labelled;
}

function mcpSource(config: Extract<ToolsetConfig, { type: 'mcp' }>, options: ToolboxOptions): Source {
  const toolset = new McpToolset(config, options);
  return {
    wanted: config.tools,
    failureName: toolset.name,
    list: (run) => toolset.tools(run),
    problems: () => toolset.problems,
    label: toolset.label,
    instructions: () =>
      config.instruction?.replaceAll('{ORIGINAL_INSTRUCTIONS}', toolset.instructions) ?? toolset.instructions,
    close: () => toolset.close(),
  };
}

function builtInSource(
  config: Exclude<ToolsetConfig, { type: 'mcp' }>,
  options: ToolboxOptions,
  soul: Soul,
): Source {
  const tools = builtInTools(config, options, soul);
  return {
    wanted: config.tools,
    failureName: config.type,
    list: async () => tools,
    problems: () => [],
    label: null,
    instructions: () => config.instruction ?? '',
    close: async () => undefined,
  };
}

function skillsSource(kit: string, wanted: true | readonly string[]): Source {
  const toolset = new SkillsToolset(kit, wanted);
  return {
    wanted: undefined,
    failureName: 'skills',
    list: () => toolset.tools(),
    problems: () => [],
    label: null,
    instructions: () => toolset.instructions,
    close: async () => undefined,
  };
}

function builtInTools(
  config: Exclude<ToolsetConfig, { type: 'mcp' }>,
  options: ToolboxOptions,
  soul: Soul,
): readonly AgentTool[] {
  switch (config.type) {
    case 'shell':
      return shellTools(({ headers }) => {
        const all = {
          ...shellEnvironment(soul, options.environment),
          ...ownEnvironment(config.env, options.environment),
        };
        return withDoorPass(all, options.environment.MOBYCLAW_DOOR_URL, capabilityOf(headers));
      });
    case 'filesystem':
      return filesystemTools();
    case 'fetch':
      return fetchTools({
        door: options.environment.MOBYCLAW_DOOR_URL,
        ...options.fetch,
        ...(config.timeout ? { timeoutS: config.timeout } : {}),
      });
    case 'think':
      return thinkTools();
    case 'todo':
      return todoTools(options.todos);
    case 'user_prompt':
      return userPromptTools();
  }
}
