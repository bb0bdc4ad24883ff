import { fileURLToPath } from 'node:url';
import type { Bundles } from './local-supervisor.ts';

/** The bundles that lie beside the one at `moduleUrl`, as scripts/build.mjs puts them into dist/. */
export function siblingBundles(moduleUrl: string): Bundles {
  const beside = (name: string): string => fileURLToPath(new URL(name, moduleUrl));
  return {
    memory: beside('memory.js'),
    workspace: beside('workspace.js'),
    gateway: beside('gateway.js'),
    embeddedAgent: beside('embedded-agent.js'),
  };
}
