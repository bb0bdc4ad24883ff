import { expect, it } from 'vitest';
import { canonicalHost, meansHost } from './host.ts';
import { DEFAULT_RULES, readRules, readRulesText } from './read-rules.ts';

const rules = (text: string) => {
  const read = readRulesText(text);
  if ('problem' in read) throw new Error(JSON.stringify(read.problem));
  return read.rules;
};
const problem = (text: string | Uint8Array) => {
  const read = typeof text === 'string' ? readRulesText(text) : readRules(text);
  if ('rules' in read) throw new Error('it was read');
  return read.problem;
};

it.each([
  ['Example.COM.', 'example.com'],
  ['bücher.de', 'xn--bcher-kva.de'],
  ['BÜCHER.de', 'xn--bcher-kva.de'],
  ['example。com', 'example.com'],
  ['nas', 'nas'],
  ['_acme.example.com', '_acme.example.com'],
])('writes %s as %s', (text, host) => {
  expect(canonicalHost(text)).toBe(host);
  expect(canonicalHost(host)).toBe(host);
});

it.each([
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '0177.0.0.1',
  '2130706433',
  '１２７.0.0.1',
  '1.2.3.4.',
  '::1',
  '[::1]',
  '::ffff:1.2.3.4',
  'user@host',
  'a.b:80',
  'a%2eb',
  'a/b',
  'a\\b',
  'a b',
  'a\u0000.com',
  'a\n.com',
  '.',
  'a..b',
  '.a',
  '-a.com',
  `${'a'.repeat(64)}.com`,
  `${'a.'.repeat(130)}com`,
  '*',
  '',
])('takes %j for no name', (text) => {
  expect(canonicalHost(text)).toBeNull();
});

it('means by *. what is below, and not what ends alike', () => {
  expect(meansHost('*.example.com', 'a.example.com')).toBe(true);
  expect(meansHost('*.example.com', 'a.b.example.com')).toBe(true);
  expect(meansHost('*.example.com', 'example.com')).toBe(false);
  expect(meansHost('*.example.com', 'badexample.com')).toBe(false);
  expect(meansHost('example.com', 'a.example.com')).toBe(false);
});

it.each(['', '\n', '# nothing\n', 'allow:\nmode:\n', '---\n'])('takes %j for the defaults', (text) => {
  expect(rules(text)).toEqual(DEFAULT_RULES);
});

it('reads the whole of it, with names in their one form', () => {
  const text = `mode: open
allow:
  - GitHub.com.
  - "*.Example.org"
  - { host: nas.home, ports: [8080, 8080], private: true }
  - host: api.github.com
    methods: [get, POST]
    paths: [/repos/me/*, /user]
deny: [bücher.de, { host: "*.ads.example", ports: [80] }]
packages: on
`;
  for (const form of [text, `\ufeff${text}`, text.replaceAll('\n', '\r\n')]) {
    expect(readRules(Buffer.from(form))).toEqual({
      rules: {
        mode: 'open',
        allow: [
          { host: 'github.com' },
          { host: '*.example.org' },
          { host: 'nas.home', ports: [8080], private: true },
          { host: 'api.github.com', methods: ['GET', 'POST'], paths: ['/repos/me/*', '/user'] },
        ],
        deny: [{ host: 'xn--bcher-kva.de' }, { host: '*.ads.example', ports: [80] }],
        packages: true,
      },
    });
  }
});

it.each([
  ['mode: all\n', 1, 'mode must be model, ask or open.'],
  ['\nallow: example.com\n', 2, 'allow must be a list.'],
  ['mode: ask\nalow: []\n', 2, '"alow" is no key here; there are mode, allow, deny and packages.'],
  [
    'allow:\n  - { host: a.com, port: 1 }\n',
    2,
    '"port" is no key here; there are host, ports, methods, paths and private.',
  ],
  [
    'deny:\n  - a.com\n  - host: b.com\n    paths: [/]\n',
    4,
    '"paths" is no key here; there are host and ports.',
  ],
  ['mode: ask\nmode: open\n', 2, 'Map keys must be unique.'],
  ['allow:\n\t- a.com\n', 2, /[Tt]abs/],
  ['allow:\n  - a.com\n  - *.b.com\n', 3, 'a name that begins with * needs quotation marks: "*.b.com".'],
  ['allow: &x [a.com]\ndeny: *x\n', 2, 'a name that begins with * needs quotation marks: "*.example.com".'],
  ['allow:\n  - 10.0.0.1\n', 2, /addresses are not let through/],
  ['allow:\n  - a.com\n  - 1.5\n', 3, /entry 2 must be an object|must be/],
  ['allow:\n  - https://a.com/x\n', 2, /write its host alone/],
  ['allow:\n  - "a.com:8443"\n', 2, '"a.com:8443" has a port in it; write { host: a.com, ports: [8443] }.'],
  ['allow:\n  - "*"\n', 2, /mode: open/],
  ['allow:\n  - "*.com"\n', 2, /mode: open/],
  ['allow:\n  - "a.*.com"\n', 2, /where none may stand/],
  ['allow:\n  - localhost\n', 2, /the door itself/],
  ['allow:\n  - { host: "*.home.example", private: true }\n', 2, /cannot be private/],
  ['allow:\n  - { host: a.com, ports: [0] }\n', 2, /ports, entry 1 must be at least 1/],
  ['allow:\n  - { host: a.com, paths: [x] }\n', 2, /must begin with \//],
  ['allow:\n  - { host: a.com, paths: ["/a*b"] }\n', 2, /one \* at its end/],
  ['allow:\n  - { host: a.com, methods: [] }\n', 2, /must not be empty/],
  ['packages: maybe\n', 1, 'packages must be on or off.'],
  ['- a.com\n', 1, 'egress.yaml has the keys mode, allow, deny and packages.'],
  ['allow: [a.com\n', 2, /./],
])('refuses %j with its line', (text, line, message) => {
  const found = problem(text);
  expect(found.line).toBe(line);
  expect(found.message).toMatch(message);
});

it('refuses what is no text, and what is too large', () => {
  expect(problem(new Uint8Array([0x61, 0xff, 0x0a])).message).toMatch(/UTF-8/);
  expect(problem(Buffer.from(`#${'x'.repeat(300_000)}`)).message).toMatch(/larger/);
});

it('is not slowed down by references of references', () => {
  const bomb = 'a: &a [x, x]\nb: &b [*a, *a]\nallow: [*b, *b]\n';
  expect(problem(bomb).line).toBe(2);
});
