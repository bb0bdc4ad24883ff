import { UsageError } from '../cli-error.ts';

/** Of docker-compose.yml. */
export const SERVICES = ['moby', 'gateway', 'memory', 'workspace', 'egress'] as const;
export type ServiceName = (typeof SERVICES)[number];

/**
 * @param name of a service; the agent is called so in local mode, and `moby` in the stack
 * @throws UsageError
 */
export function serviceName(name: string): ServiceName {
  const found = SERVICES.find((service) => service === (name === 'agent' ? 'moby' : name));
  if (found) return found;
  throw new UsageError(`There is no service "${name}"; there are ${SERVICES.join(', ')}.`);
}
