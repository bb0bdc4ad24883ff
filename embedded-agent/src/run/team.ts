/** All agents of soul.yaml, as a run tells them. */
import { namedModel } from '@mobyclaw/lib/model-ref';
import type { RunDependencies } from './run-request.ts';

/** Of the one that runs, the model that it really has. */
export function teamOf({ soul, agentName, models }: Pick<RunDependencies, 'soul' | 'agentName' | 'models'>) {
  const [{ resolved }] = models;
  return Object.entries(soul.agents).map(([name, { description = '', model: ref }]) => {
    const known = name === agentName ? resolved : namedModel(soul, ref);
    return { name, description, provider: known?.provider ?? '', model: known?.model ?? ref };
  });
}
