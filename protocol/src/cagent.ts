/**
 * The agent's HTTP API on the wire, as cagent v1.32.3 speaks it and as later versions changed it. The gateway's client
 * reads it, the embedded agent writes it. Only what one of them uses is typed; unknown events and fields are ignored.
 */
export interface ToolCall {
  id?: string;
  type: 'function';
  function: { name?: string; arguments?: string };
}

export interface ToolDefinition {
  name: string;
  category?: string;
  description?: string;
  parameters?: unknown;
  annotations?: { title?: string; readOnlyHint?: boolean; destructiveHint?: boolean };
  outputSchema?: unknown;
}

/** A part of a message with more than text in it. */
export interface ContentPart {
  type: 'text' | 'image_url' | 'file';
  text?: string;
  image_url?: { url: string; detail?: string };
}

export interface Permissions {
  allow?: string[];
  ask?: string[];
  deny?: string[];
}

export interface ToolResult {
  output?: string;
  isError?: boolean;
  images?: Array<{ data: string; mimeType: string }>;
  structuredContent?: unknown;
}

export interface TokenUsage {
  input_tokens?: number;
  output_tokens?: number;
  context_length?: number;
  context_limit?: number;
  cost?: number;
  last_message?: {
    input_tokens?: number;
    output_tokens?: number;
    cached_input_tokens?: number;
    cached_write_tokens?: number;
    Cost?: number;
    Model?: string;
  };
}

interface Common {
  agent_name?: string;
  timestamp?: string;
  session_id?: string;
}

export type CagentEvent = Common &
  (
    | { type: 'agent_info'; model?: string; description?: string; welcome_message?: string }
    | {
        type: 'team_info';
        available_agents?: Array<{ name: string; description?: string; provider?: string; model?: string }>;
        current_agent?: string;
      }
    | { type: 'mcp_init_started' | 'mcp_init_finished' | 'message_added' }
    | { type: 'toolset_info'; available_tools?: number; loading?: boolean }
    | { type: 'user_message'; message?: string; multi_content?: ContentPart[]; session_position?: number }
    | { type: 'stream_started' }
    | { type: 'stream_stopped'; reason?: string }
    | { type: 'agent_choice' | 'agent_choice_reasoning'; content: string }
    | { type: 'partial_tool_call'; tool_call?: ToolCall; tool_definition?: ToolDefinition }
    | { type: 'tool_call'; tool_call: ToolCall; tool_definition?: ToolDefinition }
    | { type: 'tool_call_confirmation'; tool_call: ToolCall; tool_definition?: ToolDefinition }
    | {
        type: 'tool_call_response';
        tool_call?: ToolCall;
        tool_call_id?: string;
        tool_definition?: ToolDefinition;
        response?: string;
        result?: ToolResult;
      }
    | { type: 'token_usage'; usage?: TokenUsage }
    | { type: 'session_title'; title?: string }
    | { type: 'session_compaction'; status?: string }
    | { type: 'max_iterations_reached'; max_iterations?: number }
    | {
        type: 'elicitation_request';
        message?: string;
        mode?: string;
        schema?: unknown;
        elicitation_id?: string;
        meta?: Record<string, unknown>;
      }
    | {
        type: 'model_fallback';
        failed_model?: string;
        fallback_model?: string;
        reason?: string;
        attempt?: number;
        max_attempts?: number;
      }
    | { type: 'agent_switching'; switching: boolean; from_agent?: string; to_agent?: string }
    | { type: 'sub_session_completed'; parent_session_id?: string; sub_session?: unknown }
    | { type: 'warning'; message?: string }
    | { type: 'error'; error: string; code?: string }
  );

export interface StoredMessage {
  /** Said in a sub-session of this id; the conversation itself does not read it. The embedded agent's alone. */
  sub_session?: string;
  agentName?: string;
  /** The same in later versions. */
  agent_name?: string;
  message: {
    role: 'user' | 'assistant' | 'tool' | 'system';
    content?: string;
    multi_content?: ContentPart[];
    reasoning_content?: string;
    tool_calls?: ToolCall[];
    tool_call_id?: string;
    is_error?: boolean;
    created_at?: string;
    usage?: TokenUsage['last_message'];
    model?: string;
    cost?: number;
  };
}

/** Body of `GET /api/sessions/:id`. */
export interface StoredSession {
  id: string;
  title: string;
  messages?: StoredMessage[];
  created_at: string;
  tools_approved?: boolean;
  input_tokens?: number;
  output_tokens?: number;
  working_dir?: string;
  permissions?: Permissions;
}
