/** The environment of egress. */
import { join, resolve } from 'node:path';
import { type BoundSecret, boundSecretSchema } from '@mobyclaw/lib/credentials/bound-secrets';
import type { Environment } from '@mobyclaw/lib/part-secrets';
import { allowedHostsSchema, listenSchema, secretSchema } from '@mobyclaw/lib/part-settings';
import { readEnvironment } from '@mobyclaw/lib/read-environment';
import { StartError } from '@mobyclaw/lib/start-error';
import * as z from 'zod';

const environmentSchema = z.object({
  MOBYCLAW_EGRESS_TOKEN: secretSchema,
  MOBYCLAW_MODEL_KEY: secretSchema,
  MOBYCLAW_RELAY_LISTEN: listenSchema.prefault('127.0.0.1:8119'),
  MOBYCLAW_DOOR_LISTEN: listenSchema.prefault('127.0.0.1:8118'),
  MOBYCLAW_EGRESS_LISTEN: listenSchema.prefault('127.0.0.1:8117'),
  MOBYCLAW_ALLOWED_HOSTS: allowedHostsSchema,
  /** In a container: the name of the machine around it, which `localhost` in an address of the owner's means. */
  MOBYCLAW_HOST_NAME: z.string().optional(),
});

/** As `takeSecrets` finds it. */
const SECRETS_FILE = 'secrets.json';

export interface ListenAddress {
  host: string;
  /** 0 takes a free one. */
  port: number;
}

export interface EgressConfig {
  /** Egress's own folder, `<home>/egress`. */
  folder: string;
  /** The owner's rules, as memory publishes them. */
  rulesFile: string;
  /** Of the gateway. */
  token: string;
  /** That the agent shows in the place of a provider's. */
  modelKey: string;
  relay: ListenAddress;
  door: ListenAddress;
  control: ListenAddress;
  allowedHosts: string[];
  /** Of credentials.env, what names its hosts; the door has it in the place of Moby. */
  secrets: BoundSecret[];
  /** The published soul.yaml. */
  soulFile: string;
  /** What `localhost` in an address means, where it is not this very machine. */
  localhost: string | null;
  /** How long the owner wants what happened to be kept, in milliseconds; null: for ever. */
  keepMs: number | null;
  /** Keys and addresses of models, and the proxy of the owner's network. */
  environment: Environment;
}

/** @throws StartError */
export function readConfig(environment: Environment): EgressConfig {
  const values = readEnvironment('egress', environmentSchema, environment);
  const home = resolve(values.MOBYCLAW_HOME);
  return {
    folder: join(home, 'egress'),
    rulesFile: join(home, 'egress/rules/egress.yaml'),
    token: values.MOBYCLAW_EGRESS_TOKEN,
    modelKey: values.MOBYCLAW_MODEL_KEY,
    relay: values.MOBYCLAW_RELAY_LISTEN,
    door: values.MOBYCLAW_DOOR_LISTEN,
    control: values.MOBYCLAW_EGRESS_LISTEN,
    allowedHosts: values.MOBYCLAW_ALLOWED_HOSTS,
    secrets: readSecrets(environment[SECRETS_FILE]),
    soulFile: join(home, 'agent', 'soul.yaml'),
    localhost: values.MOBYCLAW_HOST_NAME ?? null,
    keepMs: values.MOBYCLAW_KEEP,
    environment,
  };
}

function readSecrets(text: string | undefined): BoundSecret[] {
  if (text === undefined) return [];
  try {
    return z.array(boundSecretSchema).parse(JSON.parse(text));
  } catch {
    throw new StartError(
      `${SECRETS_FILE} is not as it was written: run ./mobyclaw up, which writes it again`,
    ); // no cause: it would quote it
  }
}
