import type { EgressRules, HostRule } from '@mobyclaw/protocol/egress-rules';
import { expect, it } from 'vitest';
import { beyondLimits, judge } from './judge.ts';
import { readRulesText } from './read-rules.ts';

function rules(text: string): EgressRules {
  const read = readRulesText(text);
  if ('problem' in read) throw new Error(read.problem.message);
  return read.rules;
}

const at = (host: string, port = 443) => ({ host, port });
const REGISTRIES: HostRule[] = [{ host: 'registry.npmjs.org', ports: [443], methods: ['GET'] }];

it('asks about what no rule names, at the ports of the web and at others', () => {
  const file = rules('allow: [a.com, { host: b.com, ports: [8443] }]');
  expect(judge(file, at('a.com'))).toMatchObject({ verdict: 'allow', reason: 'rule', limits: null });
  expect(judge(file, at('a.com', 80)).verdict).toBe('allow');
  expect(judge(file, at('a.com', 22)).verdict).toBe('ask');
  expect(judge(file, at('b.com', 8443)).verdict).toBe('allow');
  expect(judge(file, at('b.com')).verdict).toBe('ask');
  expect(judge(file, at('www.a.com')).verdict).toBe('ask');
});

it('lets deny go first, in each mode, at all ports', () => {
  for (const mode of ['ask', 'open']) {
    const file = rules(
      `mode: ${mode}\nallow: [x.a.com, a.com]\ndeny: ["*.a.com", { host: a.com, ports: [80] }]`,
    );
    expect(judge(file, at('x.a.com', 9000))).toEqual({ verdict: 'refuse', reason: 'denied' });
    expect(judge(file, at('a.com', 80)).verdict).toBe('refuse');
    expect(judge(file, at('a.com')).verdict).toBe('allow');
  }
});

it('allows nothing in mode model, and any host in mode open', () => {
  expect(judge(rules('mode: model\nallow: [a.com]\npackages: on'), at('a.com'), REGISTRIES)).toEqual({
    verdict: 'refuse',
    reason: 'model',
  });
  expect(judge(rules('mode: open'), at('a.com', 22))).toMatchObject({
    verdict: 'allow',
    reason: 'open',
    isPrivate: false,
  });
});

it('goes by the rule that names the host most exactly', () => {
  const file = rules(
    'allow: ["*.a.com", { host: "*.b.a.com", methods: [GET] }, { host: x.b.a.com, paths: [/p] }, { host: x.b.a.com, methods: [POST] }]',
  );
  const limits = (host: string) => {
    const ruling = judge(file, at(host));
    return ruling.verdict === 'allow' ? ruling.limits : ruling;
  };
  expect(limits('z.a.com')).toBeNull();
  expect(limits('z.b.a.com')).toEqual([{ host: '*.b.a.com', methods: ['GET'] }]);
  expect(limits('x.b.a.com')).toHaveLength(2);
});

it('lets private addresses be dialled only by a rule that says so', () => {
  const file = rules('allow: [a.com, { host: nas, ports: [8080], private: true }]');
  expect(judge(file, at('nas', 8080))).toMatchObject({ isPrivate: true });
  expect(judge(file, at('a.com'))).toMatchObject({ isPrivate: false });
});

it('reads the registries where packages are on', () => {
  expect(judge(rules('packages: on'), at('registry.npmjs.org'), REGISTRIES)).toMatchObject({
    verdict: 'allow',
    reason: 'packages',
    limits: REGISTRIES,
  });
  expect(judge(rules('packages: off'), at('registry.npmjs.org'), REGISTRIES).verdict).toBe('ask');
  expect(
    judge(rules('packages: on\nallow: [registry.npmjs.org]'), at('registry.npmjs.org'), REGISTRIES),
  ).toMatchObject({
    limits: null,
  });
  expect(
    judge(rules('packages: on\ndeny: [registry.npmjs.org]'), at('registry.npmjs.org'), REGISTRIES).verdict,
  ).toBe('refuse');
});

const GET: HostRule[] = [{ host: 'a.com', methods: ['GET'] }];
const PATHS: HostRule[] = [{ host: 'a.com', paths: ['/repos/me/*', '/user'] }];

it.each([
  [GET, { method: 'GET', path: '/' }],
  [GET, { method: 'HEAD', path: '/x?y' }],
  [PATHS, { method: 'POST', path: '/repos/me/x?q=..' }],
  [PATHS, { method: 'GET', path: '/user?x' }],
  [[...GET, ...PATHS], { method: 'POST', path: '/user' }],
])('lets pass by %j: %j', (limits, request) => {
  expect(beyondLimits(limits, request)).toBeNull();
});

it.each([
  [GET, { method: 'POST', path: '/' }, /only GET/],
  [GET, { method: 'GET', path: '/', isUpgrade: true }, /WebSocket/],
  [GET, { method: 'GET', path: '/', hasBody: true }, /body/],
  [PATHS, { method: 'GET', path: '/repos/you' }, /only the paths/],
  [PATHS, { method: 'GET', path: '/users' }, /only the paths/],
  [PATHS, { method: 'GET', path: '*' }, /only the paths/],
  [PATHS, { method: 'GET', path: '/repos/me/../you' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me/%2E%2e/you' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me/..%2fyou' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me/..\\you' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me//x' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me/..' }, /another one/],
  [PATHS, { method: 'GET', path: '/repos/me/..;/you' }, /another one/],
])('keeps back by %j: %j', (limits, request, why) => {
  expect(beyondLimits(limits, request)).toMatch(why);
});
