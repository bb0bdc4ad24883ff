/**
 * The part of cagent's configuration (version 7) that this agent runs, strict as cagent is: an unknown key is an error.
 * Keys that cagent knows and this agent does not run are listed, so that the error can say which of the two it is.
 */
import * as z from 'zod';

const modelSchema = z.strictObject({
  provider: z.string().min(1),
  model: z.string().min(1),
  max_tokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  base_url: z.string().min(1).optional(),
  token_key: z.string().min(1).optional(),
  /** Tokens for anthropic and google, an effort for openai. */
  thinking_budget: z.union([z.int(), z.enum(['none', 'minimal', 'low', 'medium', 'high'])]).optional(),
  /** `context_size`: how many tokens the model can read and write at once; cagent knows the key since v1.60. */
  provider_opts: z.strictObject({ context_size: z.int().min(1000).optional() }).optional(),
});

const providerSchema = z.strictObject({
  base_url: z.string().min(1),
  token_key: z.string().min(1).optional(),
  api_type: z.enum(['openai_chatcompletions', 'openai_responses']).optional(),
});

const common = {
  instruction: z.string().optional(),
  tools: z.array(z.string()).optional(),
};

const remoteSchema = z.strictObject({
  url: z.string().min(1),
  transport_type: z.enum(['streamable', 'streamable-http']),
  headers: z.record(z.string(), z.string()).optional(),
});

const mcpSchema = z
  .strictObject({
    type: z.literal('mcp'),
    ...common,
    /** Goes before the names of its tools: `name_tool`. */
    name: z.string().min(1).optional(),
    remote: remoteSchema.optional(),
    command: z.string().min(1).optional(),
    args: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).optional(),
    version: z.string().optional(),
    /** A key of later versions. Remote MCP servers may be private here in any case, as in cagent 1.32. */
    allow_private_ips: z.boolean().optional(),
  })
  .refine((set) => (set.remote === undefined) !== (set.command === undefined), {
    message: 'an mcp toolset needs either "remote" or "command"',
  });

const toolsetSchema = z.discriminatedUnion('type', [
  mcpSchema,
  z.strictObject({ type: z.literal('shell'), ...common, env: z.record(z.string(), z.string()).optional() }),
  z.strictObject({ type: z.literal('filesystem'), ...common }),
  z.strictObject({ type: z.literal('fetch'), ...common, timeout: z.int().positive().optional() }),
  z.strictObject({ type: z.literal('think'), ...common }),
  z.strictObject({ type: z.literal('todo'), ...common }),
  z.strictObject({ type: z.literal('user_prompt'), ...common }),
]);

const structuredOutputSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  strict: z.boolean().optional(),
  schema: z.record(z.string(), z.unknown()),
});

/** Models that go on where the agent's own fails; with cagent's defaults. */
const fallbackSchema = z.strictObject({
  models: z.array(z.string().min(1)).optional(),
  /** How often each model is asked again where the failure may pass; -1 is never, and 0, as in cagent, the default of 2. */
  retries: z.int().min(-1).optional(),
  /** How long the next model stays in charge where the first refused; a duration of Go's: `1m30s`. */
  cooldown: z
    .string()
    .regex(/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/, 'not a duration; write one such as 30s, 5m or 1h')
    .optional(),
});

const agentSchema = z.strictObject({
  model: z.string().min(1),
  fallback: fallbackSchema.optional(),
  description: z.string().optional(),
  welcome_message: z.string().optional(),
  instruction: z.string().optional(),
  add_date: z.boolean().optional(),
  add_environment_info: z.boolean().optional(),
  add_prompt_files: z.array(z.string().min(1)).optional(),
  max_iterations: z.int().min(0).optional(),
  num_history_items: z.int().min(0).optional(),
  /** What results of tools in the conversation may take up, the newest first; -1 is all. cagent knows it since v1.36. */
  max_old_tool_call_tokens: z.int().min(-1).optional(),
  /** Every answer is JSON of this shape, where the provider can see to it. */
  structured_output: structuredOutputSchema.optional(),
  toolsets: z.array(toolsetSchema).optional(),
  /** Agents of this file that it can give tasks to. */
  sub_agents: z.array(z.string().min(1)).optional(),
  /** Agents of this file that it can hand the conversation to. */
  handoffs: z.array(z.string().min(1)).optional(),
  /** True, or a list: `local` for all, or names of some. */
  skills: z
    .union([
      z.boolean(),
      z.array(
        z
          .string()
          .regex(/^[\w-]+$/, 'skills from an address need cagent; write local, or the name of a skill'),
      ),
    ])
    .optional(),
});

const permissionsSchema = z.strictObject({
  allow: z.array(z.string()).nullish(),
  ask: z.array(z.string()).nullish(),
  deny: z.array(z.string()).nullish(),
});

const VERSIONS = Array.from({ length: 13 }, (_, index) => String(index + 4));

const soulObject = z.strictObject({
  version: z
    .union([z.string(), z.int().transform(String)])
    .refine(
      (version) => VERSIONS.includes(version),
      'not a version that this agent reads; write version: "7"',
    )
    .optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  providers: z.record(z.string(), providerSchema).optional(),
  models: z.record(z.string(), modelSchema).optional(),
  /** `root` is run unless a run names another. */
  agents: z.object({ root: agentSchema }).catchall(agentSchema),
  permissions: permissionsSchema.optional(),
});

export const soulSchema = soulObject.superRefine(({ agents }, context) => {
  for (const [name, { sub_agents = [], handoffs = [] }] of Object.entries(agents)) {
    const others = { sub_agents, handoffs };
    for (const [key, members] of Object.entries(others)) {
      for (const [index, member] of members.entries()) {
        if (Object.hasOwn(agents, member) && member !== name) continue;
        const itself =
          key === 'handoffs' ? 'an agent does not hand on to itself' : 'an agent is no sub-agent of itself';
        const message = member === name ? itself : `there is no agent "${member}"`;
        context.addIssue({ code: 'custom', path: ['agents', name, key, index], message });
      }
    }
  }
});

export type Soul = z.infer<typeof soulSchema>;
export type ModelConfig = z.infer<typeof modelSchema>;
export type ProviderConfig = z.infer<typeof providerSchema>;
export type ToolsetConfig = z.infer<typeof toolsetSchema>;
export type McpToolsetConfig = z.infer<typeof mcpSchema>;
export type AgentConfig = z.infer<typeof agentSchema>;
export type FallbackConfig = z.infer<typeof fallbackSchema>;

/** What cagent reads and this agent does not, by name. */
export const CAGENT_ONLY_KEYS: ReadonlySet<string> = new Set(
  (
    'rag mcps hooks commands code_mode_tools ' +
    'add_description_parameter defer toon ref config api_config lsp a2a shared path post_edit ignore_vcs ' +
    'frequency_penalty presence_penalty parallel_tool_calls track_usage routing name model_picker ' +
    'safety runtime budgets max_consecutive_tool_calls max_tool_result_tokens session_compaction compaction_threshold ' +
    'instruction_file cost first_available redact_secrets title_model compaction_model cache file_types'
  ).split(' '),
);

export const CAGENT_ONLY_TOOLSETS: ReadonlySet<string> = new Set(
  'script tasks memory api openapi lsp a2a model_picker background_agents'.split(' '),
);
