/**
 * Which model Moby will think with, and whether its key is where the agent finds it: resolved by the agent's own rules,
 * for each agent that soul.yaml defines, from what the agent will be handed.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MissingKeyError,
  ModelConfigError,
  type ResolvedModel,
  resolveAll,
  type SoulModels,
} from '@mobyclaw/lib/model-ref';
import { OwnerTextError, ownerText } from '@mobyclaw/lib/owner-text';
import { soulModels } from '@mobyclaw/lib/soul-models';
import { soulVariables } from '@mobyclaw/lib/soul-variables';
import { yamlMap } from '@mobyclaw/lib/yaml-text';
import { CliError } from '../cli-error.ts';
import { parseCredentials } from '../compose/credentials.ts';
import type { Context } from '../context.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** @returns nothing where credentials.env cannot be used: another check says so */
export async function modelChecks(context: Context): Promise<Check[]> {
  const { data, settings, checkout, terminal } = context;
  // Of a file that does not parse another check tells; the one before it, or the one that comes with us, is in force.
  const places = [data.soul, join(data.root, 'agent/soul.yaml'), join(checkout, 'agents/moby/soul.yaml')];
  const texts = await Promise.all(places.map(readIfThere));
  const source = texts.find((text) => yamlMap(text ?? '') !== null) ?? '';
  const soul = soulModels(source);
  const credentials = await credentialsOf(context);
  if (soul === null || credentials === null) return [];
  const environment = { ...terminal.env, ...settings.environment, ...credentials };
  const placeOf = (name: string): string => {
    if (credentials[name] !== undefined) return 'credentials.env';
    if (settings.others.includes(name) || Object.hasOwn(settings.origin, name))
      return settings.origin[name as keyof typeof settings.origin] ?? '.env';
    return 'environment';
  };
  const missing = soulVariables(source).tools.filter((name) => !environment[name]);
  return [
    keyCheck(soul, environment, context, placeOf),
    ...(missing.length === 0
      ? []
      : [
          warn(
            'tools',
            `soul.yaml names ${missing.join(', ')} for a toolset, and it is not set`,
            `Write it into ${settings.file}, or into ${data.credentials} where his shell may have it too; then ./mobyclaw up`,
          ),
        ]),
  ];
}

function keyCheck(
  soul: SoulModels,
  environment: Readonly<Record<string, string | undefined>>,
  { data, settings }: Context,
  placeOf: (name: string) => string,
): Check {
  const engine = settings.values.MOBYCLAW_AGENT === 'embedded' ? 'embedded' : 'cagent';
  const found: ResolvedModel[] = [];
  for (const agent of Object.keys(soul.agents)) {
    try {
      found.push(...resolveAll(soul, environment, agent, engine));
    } catch (error) {
      if (!(error instanceof ModelConfigError)) throw error;
      if (engine === 'cagent' && !(error instanceof MissingKeyError)) continue; // it has ways of its own to name a model
      if (!(error instanceof MissingKeyError))
        return fail('model', error.message, `Mend ${data.soul}; it counts from the next message on.`);
      return fail(
        'keys',
        error.message,
        `The file is ${settings.file}; ./mobyclaw init asks for the usual keys.`,
      );
    }
  }
  if (found.some(({ kind }) => kind === 'offline')) {
    return warn(
      'keys',
      'no key of a model provider is set; Moby answers with the offline model, by rules',
      `./mobyclaw init asks for one; or write it into ${settings.file}, such as ANTHROPIC_API_KEY=…, and run ./mobyclaw up`,
    );
  }
  if (found.length === 0) return ok('keys', 'soul.yaml names its model in a way of cagent’s own');
  const names = [...new Set(found.flatMap(({ keyName }) => keyName ?? []))];
  const keys = names.map((name) => `${name} (${placeOf(name)})`);
  const keyless = found.filter(({ keyName }) => keyName === undefined);
  return ok(
    'keys',
    [...keys, ...keyless.map(({ provider, model }) => `none for ${provider}/${model}`)].join(', '),
  );
}

async function credentialsOf({ data }: Context): Promise<Record<string, string> | null> {
  try {
    return parseCredentials((await readIfThere(data.credentials)) ?? '', data.credentials);
  } catch (error) {
    if (error instanceof CliError) return null;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return ownerText(await readFile(path));
  } catch (error) {
    if (error instanceof OwnerTextError) return null; // another check says so
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EISDIR') return null;
    throw error;
  }
}
