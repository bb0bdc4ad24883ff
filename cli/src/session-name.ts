import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import { UsageError } from './cli-error.ts';

export const DEFAULT_SESSION = 'cli:main';

/**
 * The session that the owner names: a key such as `telegram:dm:42`, or a plain name, which is a conversation of the CLI.
 * @throws UsageError where it is neither
 */
export function sessionKey(name: string): string {
  const key = name.includes(':') ? name : `cli:${name}`;
  const result = sessionKeySchema.safeParse(key);
  if (result.success) return result.data;
  throw new UsageError(
    `"${name}" is no session. Write a name of letters, digits, ".", "_" and "-" such as work, or a key such as telegram:dm:12345; ./mobyclaw sessions list shows them.`,
  );
}
