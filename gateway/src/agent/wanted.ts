/** What a run waits for until somebody decides it, and what was decided. */

export type Wanted =
  /** A tool that needs a confirmation. `args` are whole: text where they are no JSON. */
  | { kind: 'tool'; callId: string; tool: string; args: unknown; description?: string }
  /** A form of an MCP server or of a tool. `schema`: JSON schema of an object, of which nothing is certain. */
  | { kind: 'form'; message: string; schema: unknown; elicitationId?: string; title?: string }
  /** The limit of model calls in one run. */
  | { kind: 'rounds'; rounds: number };

export type Decision =
  | { kind: 'tool'; approve: true }
  /** `reason` is told to the model. */
  | { kind: 'tool'; approve: false; reason: string }
  | { kind: 'form'; action: 'accept'; content: Record<string, unknown> }
  /** `problem`: why the form cannot be asked, as the end of a sentence. */
  | { kind: 'form'; action: 'decline' | 'cancel'; problem?: string }
  | { kind: 'rounds'; rounds: 'more' | 'all' | 'stop' };

/**
 * Decides what a run waits for. From the moment it resolves the decision counts as told, so it is asked for once for each
 * thing that is wanted, and what it resolves with is then sent.
 * @throws whatever the signal was aborted with; nothing is told then
 */
export type Decide = (wanted: Wanted, signal: AbortSignal) => Promise<Decision>;

/** Why a question's signal is aborted where the agent waits no longer, although its run goes on. */
export const MOVED_ON = 'moved on';
