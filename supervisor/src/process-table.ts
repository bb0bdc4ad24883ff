/**
 * What the system knows about processes: when one began, which belong to one child's session, and how to end them all.
 * A child is started as leader of a session of its own; the agent's shell puts each command into a process group of its
 * own inside that session, so a signal to the child's group alone would leave them behind. Linux tells sessions in
 * /proc; elsewhere the process group is all that can be reached.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Stat {
  session: number;
  startTicks: string;
  zombie: boolean;
}

/** @returns fields of `/proc/<pid>/stat`, see proc_pid_stat(5), or null where there is no such process */
function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
  // The name in parentheses may hold spaces and parentheses; field 3 follows the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { zombie: fields[0] === 'Z', session: Number(fields[3]), startTicks: fields[19] ?? '' };
}

/**
 * A mark that no later process with the same pid has: boot and start time on Linux, start time to the second elsewhere.
 * @returns null where the process is gone
 */
export function birthOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = readStat(pid);
    if (stat === null || stat.zombie) return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat.startTicks}`;
  }
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        env: { LC_ALL: 'C' },
      }).trim() || null
    );
  } catch {
    return null; // ps exits with 1 where there is no such process
  }
}

/** @returns the processes of the session that `leader` began, `leader` included while it lives */
export function sessionMembers(leader: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = readStat(pid);
      return stat !== null && !stat.zombie && stat.session === leader;
    });
}

/** Signals a child's process group and whatever else is in its session; those already gone are no error. */
export function signalTree(leader: number, signal: NodeJS.Signals): void {
  send(-leader, signal);
  for (const pid of sessionMembers(leader)) if (pid !== leader) send(pid, signal);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EPERM: macOS answers so for a group that holds only zombies.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
