/** Whether Moby's shell stands behind walls in local mode, in words for the owner: one line for `up`, what is open for `doctor`. */
import { findBubblewrap } from '@mobyclaw/lib/bubblewrap';
import type { SandboxReport } from '@mobyclaw/protocol/local-state';
import type { Context } from '../context.ts';

/** What the shell of the owner's own user reaches. */
const OPEN: readonly string[] = [
  'his shell reads and changes every file that you can: keys in your home folder, repositories and their hooks',
  'it reaches every host, and what listens on this machine and its network; the proxy that its programs are told of is a convenience and no wall',
  'it sees, and can end, every other program of yours',
];

export interface WallsText {
  closed: boolean;
  /** A line without its dot. */
  line: string;
  /** What is open, and what to do about it; empty where nothing is. */
  open: string;
  remedy: string;
}

/** @param report of the running one; without it, what the next start would find */
export async function wallsText(
  { settings, terminal, data }: Pick<Context, 'settings' | 'terminal' | 'data'>,
  report?: SandboxReport,
): Promise<WallsText> {
  return describe(report ?? (await expected(settings.values.MOBYCLAW_SANDBOX, terminal.env.PATH, data.root)));
}

async function expected(wish: string, path: string | undefined, home: string): Promise<SandboxReport> {
  if (wish === 'off') return { state: 'off' };
  const found = await findBubblewrap(path, home);
  return found.possible ? { state: 'on' } : { state: 'impossible', why: found.why, cure: found.cure };
}

function describe({ state, why = '', cure = '' }: SandboxReport): WallsText {
  if (state === 'on') {
    return {
      closed: true,
      line: 'Moby and his shell stand behind walls (bubblewrap): of your files they have his own folder and his workspaces, and the way out leads through egress alone',
      open: '',
      remedy: '',
    };
  }
  const reason = state === 'off' ? 'MOBYCLAW_SANDBOX is off' : why;
  return {
    closed: false,
    line: `in local mode his shell is yours, with no wall around it: ${reason}; ./mobyclaw doctor says what is open`,
    open: `in local mode his shell is yours, with no wall around it (${reason}): ${OPEN.join('; ')}`,
    remedy:
      state === 'off'
        ? 'Set MOBYCLAW_SANDBOX=auto, then ./mobyclaw up.'
        : cure || 'Run him in containers instead: ./mobyclaw up --compose.',
  };
}
