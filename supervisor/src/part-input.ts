/**
 * How a part of local mode is handed what nobody else is to see: on its standard input, where `takeSecrets` reads it
 * (lib/src/part-secrets.ts). What stands in the environment that a process is started with, every program of the same user
 * reads in `/proc/<pid>/environ` for as long as it lives.
 */
import { isPartSecret, SECRETS_VARIABLE } from '@mobyclaw/lib/part-secrets';
import { isSettingName, SETTINGS } from '@mobyclaw/lib/settings';
import { isKnownVariable } from './part-environment.ts';

export interface Handed {
  env: Record<string, string>;
  input: string;
}

/** @param environment all that the part is to have */
export function handSecrets(environment: Readonly<Record<string, string>>): Handed {
  const isSecret = ([name, value]: readonly [string, string]): boolean =>
    isPartSecret(name) ||
    (isSettingName(name) && SETTINGS[name].secret === true) ||
    !isKnownVariable(name) || // the owner's key of a model, a file such as secrets.json
    /^\w+:\/\/[^/]*@/.test(value); // an address with a password, as proxies have
  const all = Object.entries(environment);
  return {
    env: { ...Object.fromEntries(all.filter((pair) => !isSecret(pair))), [SECRETS_VARIABLE]: 'stdin' },
    input: JSON.stringify(Object.fromEntries(all.filter(isSecret))),
  };
}
