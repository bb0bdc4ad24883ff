/** What the supervisor tells the first program in the sandbox, over the channel that Node has for its children. */
export type InsideOrder =
  | { listen: readonly number[] }
  | {
      run: { command: string; args: readonly string[]; env: Readonly<Record<string, string>> };
      /** Whether cagent is to find a models.dev that it need not ask; made inside, since the shell may put links there. */
      modelsDevOffline: boolean;
    };
