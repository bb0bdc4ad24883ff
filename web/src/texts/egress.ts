/** What Moby may reach outside. */
export const egress = {
  title: 'Way out',
  mode: 'Mode',
  modes: {
    model: 'Nothing but his model',
    ask: 'Ask me about hosts that no rule names',
    open: 'Any public host, written down',
  },
  doors: {
    away: 'The door does not answer, so Moby reaches nothing outside.',
    none: 'This installation has no door: nothing holds Moby back.',
  },
  fault: (line: number | undefined, message: string) =>
    `egress.yaml${line === undefined ? '' : `, line ${line}`}: ${message} What was in force before stays.`,
  rules: 'Rules',
  noRules: 'No host is allowed or denied.',
  allowed: 'allowed',
  denied: 'denied',
  forget: (host: string) => `Take out the rule for ${host}`,
  remove: 'Take out',
  packages: 'The public registries of packages may be read',
  host: 'Host',
  hostAbout:
    'A name such as example.com; *.example.com means all names below it, which whoever runs the domain reads.',
  allow: 'Allow',
  deny: 'Deny',
  allowHost: (host: string) => `Allow ${host}`,
  denyHost: (host: string) => `Deny ${host}`,
  asked: 'Asked just now',
  askedAbout: 'Answer it among the questions.',
  refused: 'Refused lately',
  log: 'What passed the door',
  logAbout: 'To whom, how much and why; never what was said.',
  nothing: 'Nothing yet.',
  more: 'Show more',
  bytes: (inward: string, outward: string) => `${inward} in, ${outward} out`,
};
