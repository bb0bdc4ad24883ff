/** Which variables of the machine a program needs to work at all: the lists from which environments are put together. */
import { MESSENGER_VARIABLE } from '@mobyclaw/protocol/model-providers';

export type NameRule = string | RegExp;

/** Language, time, place for temporary files. */
export const LOCALE_NAMES: readonly NameRule[] = ['LANG', 'LANGUAGE', /^LC_\w+$/, 'TZ', 'TMPDIR'];

/** To find other programs, and the owner's home. */
export const PROGRAM_NAMES: readonly NameRule[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TERM',
  /^XDG_\w+$/,
];

/**
 * By which programs are told of a file with the certificates that they trust: OpenSSL and Go, Node, git, pip, requests, curl,
 * npm, cargo, Deno, and the tools of AWS. wget and apt-get know none.
 */
export const CERTIFICATE_NAMES: readonly string[] = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NPM_CONFIG_CAFILE',
  'CARGO_HTTP_CAINFO',
  'DENO_CERT',
  'AWS_CA_BUNDLE',
];

/** To reach out through a proxy. */
export const PROXY_NAMES: readonly NameRule[] = [/^(https?|no|all)_proxy$/i];

/** To reach out through a proxy or with certificates of one's own. */
export const NETWORK_NAMES: readonly NameRule[] = [
  ...PROXY_NAMES,
  ...CERTIFICATE_NAMES,
  'SSL_CERT_DIR',
  'NODE_USE_ENV_PROXY',
];

export function isNamed(name: string, rules: readonly NameRule[]): boolean {
  return rules.some((rule) => (typeof rule === 'string' ? rule === name : rule.test(name)));
}

/** Secrets by which the stack's own parts know each other, and those of the platforms. */
export function isStackSecret(name: string): boolean {
  return /^MOBYCLAW_\w*(TOKEN|SECRET|KEY)$/.test(name) || MESSENGER_VARIABLE.test(name);
}

/**
 * Variable that tells an agent which others come from credentials.env, with commas between: these are the owner's gift to
 * his tools, and no others are.
 */
export const CREDENTIAL_NAMES = 'MOBYCLAW_CREDENTIAL_NAMES';
