import { UsageError } from '../cli-error.ts';
import { SERVICES } from './project.ts';

/**
 * @param name of a service; the agent is called so in local mode, and `moby` in the stack
 * @throws UsageError
 */
export function serviceName(name: string): (typeof SERVICES)[number] {
  const found = SERVICES.find((service) => service === (name === 'agent' ? 'moby' : name));
  if (found) return found;
  throw new UsageError(`There is no service "${name}"; there are ${SERVICES.join(', ')}.`);
}
