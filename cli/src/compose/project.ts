/**
 * The stack of containers as the commands see it: `docker compose` with the settings filled in. What only looks at the
 * stack or ends it works without complete settings too.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PART_SECRETS } from '@mobyclaw/lib/settings';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { readComposeState } from '../running-stack.ts';
import type { ContainerUser } from './container-user.ts';
import { type ComposeOptions, type ComposeOutcome, compose } from './docker.ts';
import { composeEnvironment } from './environment.ts';
import { OVERRIDE_FILE } from './override.ts';
import { parseServices, type Service } from './service.ts';

/** docker-compose.yml refuses to be read without them; whoever starts the stack has the true ones. */
const UNTIL_INIT = Object.fromEntries(PART_SECRETS.map((name) => [name, 'none']));

const DEFAULT_NAME = 'mobyclaw'; // as in docker-compose.yml

export class ComposeProject {
  /** Compose's name for the stack. */
  readonly name: string;
  readonly #checkout: string;
  readonly #files: readonly string[];
  readonly #env: Readonly<Record<string, string | undefined>>;

  /**
   * @param user that the containers run as; needed where some are created
   * @param file instead of the checkout's docker-compose.yml
   */
  constructor({ checkout, terminal, settings, data }: Context, user?: ContainerUser, file?: string) {
    this.#checkout = checkout;
    const override = join(checkout, OVERRIDE_FILE); // read by itself only beside the usual file
    this.#files = file === undefined ? [] : ['-f', file, ...(existsSync(override) ? ['-f', override] : [])];
    const { MOBYCLAW_UID: uid = 1000, MOBYCLAW_GID: gid = 1000 } = settings.values;
    const tokens = user === undefined ? UNTIL_INIT : {};
    const env: Readonly<Record<string, string | undefined>> = {
      ...terminal.env,
      ...tokens,
      ...composeEnvironment(settings, user ?? { uid: Number(uid), gid: Number(gid) }),
    };
    // What `up` was given counts until `down`, in whatever terminal the next command is typed.
    this.name = readComposeState(data)?.project || env.COMPOSE_PROJECT_NAME || DEFAULT_NAME;
    this.#env = { ...env, COMPOSE_PROJECT_NAME: this.name };
  }

  run(args: readonly string[], options: ComposeOptions = {}): Promise<ComposeOutcome> {
    return compose({ checkout: this.#checkout, env: this.#env }, [...this.#files, ...args], options);
  }

  /** @throws CliError with what Docker said */
  async must(args: readonly string[], options: ComposeOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code === 0) return stdout;
    throw new CliError(
      `docker compose ${args[0]} failed${stderr ? `:\n${stderr.trim()}` : '; what it said is above.'}`,
    );
  }

  /** The environment for a program that has the terminal to itself. */
  get process(): { checkout: string; env: Readonly<Record<string, string | undefined>> } {
    return { checkout: this.#checkout, env: this.#env };
  }

  /**
   * Containers that there are, also ended ones. Asked once more where that fails: Compose lists containers and then looks at each,
   * so one that is removed in between, by whomever, is an error to it.
   */
  async services(): Promise<Service[]> {
    const list = ['ps', '--all', '--format', 'json'];
    return parseServices(await this.must(list).catch(() => this.must(list)));
  }

  /** Names of the images, as they are tagged. */
  async images(): Promise<string[]> {
    return (await this.must(['config', '--images'])).split('\n').filter(Boolean).toSorted();
  }
}
