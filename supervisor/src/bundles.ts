import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bundles } from './local-supervisor.ts';

/** The bundles that lie beside the one at `moduleUrl`, as scripts/build.mjs puts them into dist/. */
export function siblingBundles(moduleUrl: string): Bundles {
  const beside = (name: string): string => fileURLToPath(new URL(name, moduleUrl));
  return {
    memory: beside('memory.js'),
    workspace: beside('workspace.js'),
    egress: beside('egress.js'),
    gateway: beside('gateway.js'),
    embeddedAgent: beside('embedded-agent.js'),
    sandbox: beside('sandbox.js'),
  };
}

/** @returns the program of that build and what scripts/build.mjs says of it; null where it is run from its source */
export function siblingBuild(moduleUrl: string): { path: string; build: string } | null {
  try {
    const build = readFileSync(new URL('.built', moduleUrl), 'utf8').trim();
    return { path: fileURLToPath(new URL('local.js', moduleUrl)), build };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
