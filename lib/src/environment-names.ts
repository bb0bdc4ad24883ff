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

/** To reach out through a proxy or with certificates of one's own. */
export const NETWORK_NAMES: readonly NameRule[] = [
  /^(https?|no|all)_proxy$/i,
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
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
