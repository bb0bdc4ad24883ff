/**
 * `credentials.env`: what Moby himself may use in his tools, as variables of his environment. A value may name the hosts
 * that it is for, in a comment behind it:
 *
 *     GH_TOKEN=ghp_…              # hosts: api.github.com, github.com
 *     BOT_TOKEN="12345:abc…"      # hosts: api.example.org:8443; url
 *
 * Then he is given a stand-in instead (stand-in.ts), and the door puts the value in for these hosts alone: in headers, and
 * where `url` says so in path and query too. The one reader of the file for the command line, local mode and the door.
 */
import { parseEnvText } from '../env-text.ts';
import { readHostName } from '../host-name.ts';
import { bindingFault } from './stand-in.ts';

export interface Credential {
  name: string;
  value: string;
  /** Where the value may go, `name` or `name:port`; null: Moby is given the value itself. */
  hosts: readonly string[] | null;
  /** Whether it may stand in the address of a request too. */
  inUrl: boolean;
}

export interface CredentialFault {
  /**
   * name: a name that cannot be, or is the stack's own; line: no NAME=value; hosts: a value that shall be kept from Moby and
   * cannot, so that nobody may go on as if it were.
   */
  kind: 'name' | 'line' | 'hosts';
  /** A sentence with the file and the line; never with a value. */
  message: string;
}

export interface Credentials {
  /** The values that are set; also those with a fault of their name. */
  all: readonly Credential[];
  faults: readonly CredentialFault[];
}

const NAME = /^[A-Za-z_]\w*$/;
const MESSENGER = /^(TELEGRAM|DISCORD|SLACK|WHATSAPP)_/;
const RESERVED =
  /^(MOBYCLAW_\w*|PATH|HOME|SHELL|USER|LOGNAME|PWD|TZ|NO_PROXY|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|LD_\w+|TELEMETRY_ENABLED|DOCKER_AGENT_\w+|CAGENT_\w+)$/;

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/;
/** What somebody writes who means hosts, right or wrong. */
const MEANS_HOSTS = /^#\s*hosts?\b/i;
const HOSTS = /^#\s*hosts:([^;]*)(?:;\s*(url)\s*)?$/i;

/** @param file how the messages name the file */
export function readCredentials(text: string, file: string): Credentials {
  const values = Object.entries(parseEnvText(text)).filter(([, value]) => value !== '');
  const { comments, lines } = readComments(text);
  const faults: CredentialFault[] = [];
  const at = (name: string): string => {
    const line = lines.get(name);
    return line === undefined ? file : `${file}, line ${line}`;
  };
  const all = values.map(([name, value]): Credential => {
    const wrong = nameFault(name);
    if (wrong !== null) faults.push({ kind: 'name', message: `${at(name)}: ${wrong}` });
    const comment = comments.get(name);
    if (comment === undefined || !MEANS_HOSTS.test(comment.text)) {
      return { name, value, hosts: null, inUrl: false };
    }
    const bound = readHosts(comment.text);
    const fault =
      typeof bound === 'string'
        ? bound
        : comment.value === value
          ? bindingFault(value)
          : 'it is not sure where this value ends; write it in double quotes, on one line.';
    if (typeof bound === 'string' || fault !== null) {
      faults.push({ kind: 'hosts', message: `${at(name)}: ${name}: ${fault}` });
      return { name, value, hosts: [], inUrl: false };
    }
    return { name, value, ...bound };
  });
  // Where a value spans lines, a line without "=" may be part of it.
  if (!values.some(([, value]) => value.includes('\n'))) {
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (/^\s*(#|$)/.test(line.replace(/^\uFEFF/, '')) || line.includes('=')) continue;
      faults.push({ kind: 'line', message: `${file}, line ${index + 1}: write it as NAME=value.` });
    }
  }
  return { all, faults };
}

/** @returns why this cannot be the name of a credential, a sentence; or null */
export function nameFault(name: string): string | null {
  if (!NAME.test(name)) {
    return `"${name}" cannot be the name of a variable: write letters, digits and underscores, no digit first.`;
  }
  if (MESSENGER.test(name)) return `${name} belongs into .env: Moby himself is given no key of a messenger.`;
  if (RESERVED.test(name)) return `the name ${name} is reserved; take another one.`;
  return null;
}

/** @returns what the comment says, or what is wrong with it */
function readHosts(comment: string): { hosts: string[]; inUrl: boolean } | string {
  const [, list, url] = HOSTS.exec(comment) ?? [];
  if (list === undefined) {
    return 'its hosts cannot be read; write them as "# hosts: api.example.com, example.com", and "; url" behind them where the value belongs into addresses.';
  }
  const hosts: string[] = [];
  for (const written of list.split(',').map((part) => part.trim())) {
    const [, host = written, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(written) ?? [];
    if (host.startsWith('*.')) {
      return `"${host}" would give the value to whoever owns a name below it; write each host.`;
    }
    const read = readHostName(host);
    if ('fault' in read) return `the host "${host}" ${read.fault}.`;
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return `there is no port ${port}.`;
    hosts.push(port === undefined || port === '443' ? read.name : `${read.name}:${Number(port)}`);
  }
  return { hosts: [...new Set(hosts)], inUrl: url !== undefined };
}

interface Comments {
  /** What stands behind the assignment that is in force, with the value as it was read here. */
  comments: Map<string, { text: string; value: string }>;
  /** Line of the last assignment, from 1. */
  lines: Map<string, number>;
}

/** Node's reader knows no comments, so the assignments are found again, by its rules: a quote may close lines later. */
function readComments(text: string): Comments {
  const comments: Comments['comments'] = new Map();
  const lines: Comments['lines'] = new Map();
  const all = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  for (let index = 0; index < all.length; index++) {
    const [, name, rest = ''] = ASSIGNMENT.exec(all[index] ?? '') ?? [];
    if (name === undefined) continue;
    lines.set(name, index + 1);
    const written = rest.trimStart();
    const quote = /^["'`]/.exec(written)?.[0];
    const end = quote === undefined ? -1 : closingLine(all, index, written, quote);
    if (quote === undefined || end < 0) {
      const [value = '', comment = ''] = splitComment(written);
      comments.set(name, { text: comment, value });
      continue;
    }
    const whole = [written, ...all.slice(index + 1, end + 1)].join('\n');
    const close = whole.indexOf(quote, 1);
    const value = whole.slice(1, close);
    comments.set(name, { text: whole.slice(close + 1).trim(), value });
    index = end;
  }
  return { comments, lines };
}

/** @returns the index of the line in which the quote closes, or -1 */
function closingLine(all: readonly string[], index: number, written: string, quote: string): number {
  if (written.indexOf(quote, 1) >= 0) return index;
  return all.findIndex((line, at) => at > index && line.includes(quote));
}

/** Of a value without quotes, as env-text.ts does. */
function splitComment(written: string): [value: string, comment: string] {
  const found = /[ \t]#.*$/.exec(written);
  if (found === null) return [written.trim(), ''];
  return [written.slice(0, found.index).trim(), found[0].trim()];
}
