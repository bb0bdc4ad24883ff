/** What every command is given: the terminal, the checkout it runs from, the settings, and a way to the gateway. */
import { readFileSync } from 'node:fs';
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { CliError, NotRunningError } from './cli-error.ts';
import { type DataDirectory, dataDirectory } from './data-directory.ts';
import { GatewayClient } from './gateway-client.ts';
import { ConnectionError } from './gateway-error.ts';
import { runningStack } from './running-stack.ts';
import { readSettings, type Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

export class Context {
  readonly terminal: Terminal;
  /** The folder with the launcher. */
  readonly checkout: string;
  readonly version: string;
  readonly clock: Clock;
  #settings: Settings | undefined;

  constructor(options: { terminal: Terminal; checkout: string; version: string; clock?: Clock }) {
    this.terminal = options.terminal;
    this.checkout = options.checkout;
    this.version = options.version;
    this.clock = options.clock ?? systemClock;
  }

  /** @throws UsageError where a setting is wrong */
  get settings(): Settings {
    this.#settings ??= readSettings(this.checkout, this.terminal.env);
    return this.#settings;
  }

  get data(): DataDirectory {
    return dataDirectory(this.settings.values.MOBYCLAW_HOME);
  }

  /** Reads the settings anew when they are next asked for: the file has been written meanwhile. */
  forgetSettings(): void {
    this.#settings = undefined;
  }

  /** Port of the running gateway, which is not that of the settings where these were changed since. */
  get port(): number {
    return runningStack(this.data)?.port ?? this.settings.values.MOBYCLAW_PORT;
  }

  /** Whether something is there that brings a gateway back that does not answer. */
  comesBack(): boolean {
    return runningStack(this.data)?.comesBack ?? false;
  }

  /** @throws NotRunningError where the gateway has never run on this data directory */
  gateway(): GatewayClient {
    let token: string;
    try {
      token = readFileSync(this.data.cliToken, 'utf8').trim();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new NotRunningError(error);
      throw new CliError(
        `${this.data.cliToken} cannot be read (${code}). Run mobyclaw as the user who owns ${this.data.root}.`,
        { cause: error },
      );
    }
    return new GatewayClient({ port: this.port, token }, this.clock);
  }

  /** Does `work` with the gateway; says that Moby is not running where nobody answers. */
  async withGateway<T>(work: (gateway: GatewayClient) => Promise<T>): Promise<T> {
    try {
      return await work(this.gateway());
    } catch (error) {
      if (error instanceof ConnectionError && error.refused) {
        if (!this.comesBack()) throw new NotRunningError(error);
        throw new CliError(
          'The gateway is starting again. Try once more in a moment; ./mobyclaw status tells how far it is.',
          {
            cause: error,
          },
        );
      }
      throw error;
    }
  }
}
