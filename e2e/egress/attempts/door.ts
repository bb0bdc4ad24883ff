/** What is said to the door and to the relay, byte by byte, so that they might read it otherwise than they check it. */
import type { Attempt } from './attempt.ts';
import { spellings } from './spellings.ts';

/** Names that lead to this machine, its network or the stack, or nowhere; which of them a rule may name, the door's own reader says. */
const NAMES = [
  'localhost',
  'inside.localhost',
  'ip6-localhost',
  'host.docker.internal',
  'gateway.docker.internal',
  'memory',
  'gateway',
  'allowed.test',
];

export function addressesAndNames(host: string, port: number): Attempt[] {
  return [
    ...Object.entries(spellings(host)).map(([name, spelt]) => ({
      name: `the door, by plain HTTP: an address ${name}`,
      reason: 'a parser of addresses may read what a check of names did not',
      command: `door 'GET http://${escaped(spelt)}:${port}/ HTTP/1.1\\r\\nHost: ${escaped(spelt)}:${port}\\r\\nConnection: close\\r\\n\\r\\n'`,
    })),
    ...Object.entries(spellings(host)).map(([name, spelt]) => ({
      name: `the door, by CONNECT: an address ${name}`,
      reason: 'a tunnel is dialled by what it names',
      command: `door 'CONNECT ${escaped(spelt)}:${port} HTTP/1.1\\r\\nHost: ${escaped(spelt)}:${port}\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n'`,
    })),
    ...NAMES.map((name) => ({
      name: `the door: the name ${name}`,
      reason:
        'the owner lets every public host through, and this name leads to this machine, its network or the stack',
      command: `by_door http://${name}:${port}/; by_door -p http://${name}:${port}/`,
    })),
  ];
}

export function doorTricks(at: string, port: number): Attempt[] {
  const say = (name: string, reason: string, text: string): Attempt => ({
    name: `the door: ${name}`,
    reason,
    command: `door '${text}'`,
  });
  const end = '\\r\\nConnection: close\\r\\n\\r\\n';
  return [
    say(
      'an allowed name as the user of another host',
      'what stands before an "@" is no host',
      `GET http://allowed.test@${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'an allowed name behind a host',
      'some read the host up to the first sign that is none',
      `GET http://${at}\\\\@allowed.test/ HTTP/1.1\\r\\nHost: allowed.test${end}`,
    ),
    say(
      'a fragment that hides the host',
      'some cut off at "#" before they look, some after',
      `GET http://${at}#@allowed.test/ HTTP/1.1\\r\\nHost: allowed.test${end}`,
    ),
    say(
      'Host says another than the address',
      'which of the two is dialled?',
      `GET http://allowed.test/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'no address but a Host',
      'a server takes what a proxy must not',
      `GET / HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'two Hosts',
      'one may be checked and the other used',
      `GET http://allowed.test/ HTTP/1.1\\r\\nHost: allowed.test\\r\\nHost: ${at}${end}`,
    ),
    say(
      'NUL in a name',
      'C ends a name there, others do not',
      `CONNECT ${at}\\x00.allowed.test:${port} HTTP/1.1\\r\\nHost: allowed.test\\r\\n\\r\\n`,
    ),
    say(
      'control characters in a name',
      'they may be dropped after the check',
      `CONNECT ${at}\\x08\\x09:${port} HTTP/1.1\\r\\nHost: allowed.test\\r\\n\\r\\n`,
    ),
    say(
      'a second head in the name',
      'the next proxy would read two requests',
      `GET http://allowed.test/%0d%0aHost:%20${at} HTTP/1.1\\r\\nHost: allowed.test${end}`,
    ),
    say(
      'a name with a look-alike',
      'one letter of another alphabet',
      `CONNECT l\\xd0\\xbecalhost:${port} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n`,
    ),
    say(
      'an allowed name with a dot at the end',
      'the same host by another name',
      `CONNECT localhost.:${port} HTTP/1.1\\r\\nHost: localhost.\\r\\n\\r\\n`,
    ),
    say(
      'a second host on a connection that is kept',
      'only the first request may be looked at',
      `GET http://allowed.test/ HTTP/1.1\\r\\nHost: allowed.test\\r\\n\\r\\nGET http://${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'a body with a request in it',
      'length and chunks contradict each other',
      `POST http://allowed.test/ HTTP/1.1\\r\\nHost: allowed.test\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET http://${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'a WebSocket',
      'an upgrade leaves HTTP behind',
      `GET http://${at}/ HTTP/1.1\\r\\nHost: ${at}\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n`,
    ),
    say('HTTP/2 in plain text', 'another grammar, another check', `PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n`),
    say(
      'https without CONNECT',
      'the door would speak TLS in his name',
      `GET https://${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'another scheme',
      'ftp and file are known to many',
      `GET file:///etc/passwd HTTP/1.1\\r\\nHost: allowed.test${end}`,
    ),
    say('TRACE', 'a method that echoes', `TRACE http://${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`),
    {
      name: 'the door as a SOCKS proxy',
      reason: 'SOCKS dials addresses',
      command: `by_door --proxy "socks5h://$door_at" http://${at}/; by_door --proxy "socks4a://$door_at" http://${at}/`,
    },
  ];
}

export function relayTricks(at: string): Attempt[] {
  const say = (name: string, reason: string, text: string): Attempt => ({
    name: `the relay: ${name}`,
    reason,
    command: `relay '${text}'`,
  });
  const end = '\\r\\nConnection: close\\r\\n\\r\\n';
  return [
    say(
      'as a proxy',
      'it dials providers, so it may dial others',
      `GET http://${at}/ HTTP/1.1\\r\\nHost: ${at}${end}`,
    ),
    say(
      'CONNECT',
      'a tunnel',
      `CONNECT ${at} HTTP/1.1\\r\\nHost: ${at}\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n`,
    ),
    say(
      'an address as the provider',
      'the route is a piece of the path',
      `POST /http://${at}/v1/chat/completions HTTP/1.1\\r\\nHost: '$relay_at'${end}`,
    ),
    say(
      'a way up out of a route',
      'the path is put behind an address',
      `POST /openai/v1/../../@${at}/v1/chat/completions HTTP/1.1\\r\\nHost: '$relay_at'${end}`,
    ),
    say(
      'a key of his own making',
      'any key but the virtual one',
      `GET /openai/v1/models HTTP/1.1\\r\\nHost: '$relay_at'\\r\\nAuthorization: Bearer sk-made-up${end}`,
    ),
  ];
}

/** For a text that Python reads with escapes, in single quotation marks. */
function escaped(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
    .join('');
}
