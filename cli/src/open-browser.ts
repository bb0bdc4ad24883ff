/** Shows an address in the owner's browser. */
import { spawn } from 'node:child_process';
import { findOnPath } from '@mobyclaw/lib/find-on-path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Programs that open an address, in the order in which they are looked for: in WSL it is Windows that has the browser. `open` of a Linux may be another program. */
const OPENERS = process.platform === 'darwin' ? ['open'] : ['wslview', 'xdg-open'];

/** @returns whether a program took it; that a window appeared nobody can tell */
export async function openBrowser(address: string, env: Environment): Promise<boolean> {
  const needsDisplay =
    process.platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY && !env.WSL_DISTRO_NAME;
  const opener = needsDisplay ? null : await findOnPath(OPENERS, env.PATH);
  if (opener === null) return false;
  return new Promise((resolve) => {
    const child = spawn(opener, [address], { env, stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      child.unref(); // some openers live as long as the browser
      resolve(true);
    });
  });
}
