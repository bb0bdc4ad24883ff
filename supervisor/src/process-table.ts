/**
 * What the system knows about processes: when one began, which belong to one child's session, and how to end them all.
 * A child is started as leader of a session of its own; the agent's shell puts each command into a process group of its
 * own inside that session, so a signal to the child's group alone would leave them behind. Linux tells sessions in
 * /proc; elsewhere the process group is all that can be reached.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Stat {
  parent: number;
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
  return {
    zombie: fields[0] === 'Z',
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTicks: fields[19] ?? '',
  };
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
  return livingProcesses()
    .filter(({ session }) => session === leader)
    .map(({ pid }) => pid);
}

/** @returns the processes that `pid` has started itself */
export function childrenOf(pid: number): number[] {
  return livingProcesses()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);
}

/** @returns the processes that `pid` has started, and those that they have */
export function descendantsOf(pid: number): number[] {
  const processes = livingProcesses();
  const found = [pid];
  for (const above of found)
    for (const { parent, pid: below } of processes) if (parent === above) found.push(below);
  return found.slice(1);
}

/** Linux alone tells. */
function livingProcesses(): (Stat & { pid: number })[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
    return stat === null || stat.zombie ? [] : [{ ...stat, pid: Number(name) }];
  });
}

/** Signals a child's process group and whatever else is in its session; those already gone are no error. */
export function signalTree(leader: number, signal: NodeJS.Signals): void {
  sendSignal(-leader, signal);
  for (const pid of sessionMembers(leader)) if (pid !== leader) sendSignal(pid, signal);
}

/** @param target a process, or minus a process group; one that is gone is no error */
export function sendSignal(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EPERM: macOS answers so for a group that holds only zombies.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
