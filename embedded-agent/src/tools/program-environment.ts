/**
 * What programs that the agent runs see of its environment. A command of the shell sees what the owner's own would, with
 * what credentials.env gives it, and no other key: what it prints goes to the model, and what it runs may be anybody's
 * code. A server that soul.yaml starts is somebody's program with a purpose: it gets what any program needs, and what its
 * own `env:` says.
 */
import {
  CREDENTIAL_NAMES,
  isNamed,
  isStackSecret,
  LOCALE_NAMES,
  NETWORK_NAMES,
  PROGRAM_NAMES,
} from '@mobyclaw/lib/environment-names';
import { variablesIn } from '@mobyclaw/lib/soul-variables';
import { PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import type { Soul } from '../soul/schema.ts';
import { expandShellVariables, expandTemplate } from './template.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Without keys of models, secrets of the stack, and what only a toolset of soul.yaml was given. */
export function shellEnvironment(soul: Soul, environment: Environment): Record<string, string> {
  const { tokenKeys, tools, providers } = variablesIn(soul);
  const given = new Set((environment[CREDENTIAL_NAMES] ?? '').split(','));
  // A cloud account in credentials.env is one for his tools; a key that his model is asked with is not.
  const keys = new Set([...tokenKeys, ...providers.filter((name) => name.endsWith('_API_KEY'))]);
  const withheld = new Set([...PROVIDER_SECRETS, ...tools].filter((name) => !given.has(name)));
  return chosen(
    environment,
    (name) => !withheld.has(name) && !keys.has(name) && !isStackSecret(name) && name !== CREDENTIAL_NAMES,
  );
}

/** For an MCP server on standard input and output. */
export function serverEnvironment(environment: Environment): Record<string, string> {
  const rules = [...LOCALE_NAMES, ...PROGRAM_NAMES, ...NETWORK_NAMES];
  return chosen(environment, (name) => isNamed(name, rules));
}

/**
 * The `env:` of a toolset, with `${env.X}`, `$X` and `${X}` filled in.
 * @throws Error naming a variable that is not set
 */
export function ownEnvironment(
  env: Readonly<Record<string, string>> | undefined,
  environment: Environment,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env ?? {}).map(([name, value]) => [
      name,
      // Each in its own form, so that a `$` in the value of the one is not read as the other.
      value
        .split(/(\$\{\s*env\.[^}]*\})/)
        .map((piece) =>
          piece.startsWith('${') && /^\$\{\s*env\./.test(piece)
            ? expandTemplate(piece, { environment })
            : expandShellVariables(piece, environment),
        )
        .join(''),
    ]),
  );
}

function chosen(environment: Environment, goes: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && goes(pair[0]),
    ),
  );
}
