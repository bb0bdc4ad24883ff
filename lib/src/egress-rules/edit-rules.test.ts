import type { EgressEdit } from '@mobyclaw/protocol/egress-rules';
import { expect, it } from 'vitest';
import { EgressEditError, editRules, writtenRule } from './edit-rules.ts';

const allow = (host: string, more: object = {}): EgressEdit => ({ do: 'allow', rule: { host, ...more } });

it.each<[string, EgressEdit, string]>([
  ['', allow('A.com.'), 'allow:\n  - "a.com"\n'],
  ['# mine\n', allow('a.com'), '# mine\nallow:\n  - "a.com"\n'],
  ['# mine', { do: 'mode', mode: 'open' }, '# mine\nmode: open\n'],
  ['mode: open # for now\n', allow('a.com'), 'mode: open # for now\nallow:\n  - "a.com"\n'],
  ['allow: []\n', allow('a.com'), 'allow: ["a.com"]\n'],
  ['allow:\nmode: ask\n', allow('a.com'), 'allow: ["a.com"]\nmode: ask\n'],
  [
    'allow: [b.com] # x\n',
    allow('a.com', { ports: [8443] }),
    'allow: [b.com, { host: "a.com", ports: [8443] }] # x\n',
  ],
  [
    'allow:\n  # first\n  - b.com # b\n\n# then\nmode: ask\n',
    allow('a.com'),
    'allow:\n  # first\n  - b.com # b\n  - "a.com"\n\n# then\nmode: ask\n',
  ],
  [
    'allow:\n- host: b.com\n  methods:\n    - GET # look\n# end\n',
    allow('*.a.com'),
    'allow:\n- host: b.com\n  methods:\n    - GET # look\n- "*.a.com"\n# end\n',
  ],
  ['allow:\r\n  - b.com\r\n', allow('a.com'), 'allow:\r\n  - b.com\r\n  - "a.com"\r\n'],
  ['{ mode: ask }\n', allow('a.com'), '{ allow: ["a.com"], mode: ask }\n'],
  ['deny: [a.com, b.com]\n', allow('a.com'), 'deny: [b.com]\nallow:\n  - "a.com"\n'],
  [
    'allow:\n  - a.com # mine\n  - b.com\n',
    { do: 'deny', host: 'A.com' },
    'allow:\n  - b.com\ndeny:\n  - "a.com"\n',
  ],
  [
    'allow:\n  - b.com\n  - host: a.com\n    ports: [1]\n',
    { do: 'deny', host: 'a.com' },
    'allow:\n  - b.com\ndeny:\n  - "a.com"\n',
  ],
  [
    'deny: [b.com, a.com]\nallow:\n  - a.com\n',
    { do: 'forget', host: 'a.com' },
    'deny: [b.com]\nallow:\n  []\n',
  ],
  [
    'mode: ask # as it comes\nallow: []\n',
    { do: 'mode', mode: 'model' },
    'mode: model # as it comes\nallow: []\n',
  ],
  ['mode:\n', { do: 'mode', mode: 'model' }, 'mode: model\n'],
  ['allow: [a.com]\n', { do: 'mode', mode: 'open' }, 'mode: open\nallow: [a.com]\n'],
  ['packages: off # no\n', { do: 'packages', on: true }, 'packages: on # no\n'],
  ['mode: open\n', { do: 'packages', on: true }, 'packages: on\nmode: open\n'],
])('changes %j by %j, and not twice', (before, edit, after) => {
  expect(editRules(before, edit)).toBe(after);
  expect(editRules(after, edit)).toBe(after);
});

it.each<[string, EgressEdit, RegExp]>([
  ['mode: all\n', allow('a.com'), /line 1: .* Mend it first/],
  ['deny: ["*.b.com"]\n', allow('a.b.com'), /forbids it by "\*\.b\.com"/],
  ['', allow('127.0.0.1'), /addresses/],
  ['', allow('localhost'), /the door itself/],
  ['', { do: 'deny', host: 'a b' }, /no name/],
])('changes nothing in %j by %j', (text, edit, why) => {
  expect(() => editRules(text, edit)).toThrow(EgressEditError);
  expect(() => editRules(text, edit)).toThrow(why);
});

it('writes a rule so that it is read as the same', () => {
  const rule = { host: '*.a.com', ports: [1, 2], methods: ['GET'], paths: ['/a/*'], private: true as const };
  expect(writtenRule(rule)).toBe(
    '{ host: "*.a.com", ports: [1, 2], methods: ["GET"], paths: ["/a/*"], private: true }',
  );
});
