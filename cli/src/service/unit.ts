/**
 * What starts Moby again after a reboot in local mode: a systemd user unit, or a launchd agent on macOS. Both run
 * `mobyclaw service start`, which starts the build that ran last and no newer one. They hold no key, only where things are.
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

export interface ServiceSetup {
  launcher: string;
  /** The data directory; one that is not the usual one gets a service of its own name. */
  home: string;
  logs: string;
  /** Such as PATH and MOBYCLAW_HOME. */
  environment: Readonly<Record<string, string>>;
}

export interface Service {
  kind: 'systemd' | 'launchd';
  /** Of the unit or the agent. */
  name: string;
  file: string;
  text: string;
  /** To be run once the file is there, and before it is removed. */
  enable: readonly (readonly string[])[];
  disable: readonly (readonly string[])[];
  /** Ends with 0 where it will be started. */
  check: readonly string[];
}

/** @throws CliError where this system has neither */
export function serviceFor(
  platform: NodeJS.Platform,
  setup: ServiceSetup,
  env: Readonly<Record<string, string | undefined>>,
): Service {
  const home = env.HOME || homedir();
  const suffix = setup.home === join(home, '.mobyclaw') ? '' : `-${digest(setup.home)}`;
  if (platform === 'linux') {
    const name = `mobyclaw${suffix}.service`;
    const systemctl = ['systemctl', '--user'];
    return {
      kind: 'systemd',
      name,
      file: join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd/user', name),
      text: systemdUnit(setup),
      enable: [
        [...systemctl, 'daemon-reload'],
        [...systemctl, 'enable', name],
      ],
      disable: [[...systemctl, 'disable', name]],
      check: [...systemctl, '--quiet', 'is-enabled', name],
    };
  }
  if (platform === 'darwin') {
    const name = `mobyclaw${suffix}`;
    const file = join(home, 'Library/LaunchAgents', `${name}.plist`);
    const domain = `gui/${process.getuid?.() ?? 501}`;
    return {
      kind: 'launchd',
      name,
      file,
      text: launchdAgent(name, setup),
      enable: [['launchctl', 'bootstrap', domain, file]],
      disable: [['launchctl', 'bootout', `${domain}/${name}`]],
      check: ['launchctl', 'print', `${domain}/${name}`],
    };
  }
  throw new CliError(
    `On ${platform} Mobyclaw knows no way to be started with the machine. Let ./mobyclaw up run there at login.`,
  );
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The start leaves a background process and ends, so the unit stays active until it is stopped, which is `down`. */
function systemdUnit({ launcher, environment }: ServiceSetup): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`,
  );
  const program = systemdWord(launcher).replaceAll('$', '$$$$');
  return `# Written by ./mobyclaw service install; ./mobyclaw service remove takes it away.
[Unit]
Description=Moby, a personal AI agent

[Service]
Type=oneshot
RemainAfterExit=yes
${variables.join('\n')}
ExecStart=${program} service start
ExecStop=${program} down
# A first start may install and build; answers under way have half a minute to end.
TimeoutStartSec=15min
TimeoutStopSec=2min

[Install]
WantedBy=default.target
`;
}

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting */
function systemdWord(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('\n', '\\n')}"`;
}

/** Without AbandonProcessGroup launchd ends what the start has left as soon as the start itself has ended. */
function launchdAgent(name: string, { launcher, environment, logs }: ServiceSetup): string {
  const string = (text: string): string => `<string>${xml(text)}</string>`;
  const variables = Object.entries(environment)
    .map(([key, value]) => `    <key>${xml(key)}</key>${string(value)}`)
    .join('\n');
  const log = string(join(logs, 'service.log'));
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by ./mobyclaw service install; ./mobyclaw service remove takes it away. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>${string(name)}
  <key>ProgramArguments</key>
  <array>${[launcher, 'service', 'start'].map(string).join('')}</array>
  <key>EnvironmentVariables</key>
  <dict>
${variables}
  </dict>
  <key>RunAtLoad</key><true/>
  <key>AbandonProcessGroup</key><true/>
  <key>StandardOutPath</key>${log}
  <key>StandardErrorPath</key>${log}
</dict>
</plist>
`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
