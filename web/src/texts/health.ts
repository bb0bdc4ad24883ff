/** The health. */
export const health = {
  title: 'Health',
  states: {
    ready: 'Moby is ready',
    'agent-down': 'Moby does not answer',
    reloading: 'Moby is being restarted with his new soul.yaml',
    draining: 'Moby is being stopped',
  },
  nothingWrong: 'Nothing is wrong, as far as the gateway sees.',
  doctor:
    'It sees no further than the stack. What is wrong with the machine, Docker or the settings, this finds:',
  tools: 'A tool',
  heartbeat: 'The heartbeat',
  heartbeatFailed: (n: number) => `failed ${n} times in a row.`,
  schedules: 'Schedules',
  schedulesFailed: (n: number) => `${n} switched off after failures.`,
  parts: 'Parts',
  partNames: {
    gateway: 'Gateway',
    agent: 'Agent',
    memory: 'Memory',
    workspace: 'Workspace',
    local: 'Supervisor',
  } as Record<string, string>,
  partStates: { unknown: 'not reached from here' } as Record<string, string>,
  restarts: (n: number) => (n === 1 ? 'restarted once' : `restarted ${n} times`),
  version: 'Version',
  engine: 'Agent',
  since: 'Runs since',
  kept: 'Keeps',
  keptText: (sessions: number, bytes: number) =>
    `${sessions === 1 ? '1 conversation' : `${sessions} conversations`} in ${(bytes / 1e6).toFixed(1)} MB`,
  pageIsOther: (version: string) => `This page is of version ${version}.`,
  upgradeAbout:
    'Nothing is looked up on the internet. After git pull this makes a backup, starts the new version, and goes back where it does not come up:',
  backup: 'Backup',
  backupAbout:
    'The gateway sees a part of the data only, so a whole backup is made on the machine. Moby goes on meanwhile:',
  logs: 'Logs',
  logOf: 'Log of',
  live: 'Live',
  noLines: 'No line yet.',
  logsElsewhere: 'In containers the gateway sees its own log alone. ./mobyclaw logs -f shows all of them.',
};
