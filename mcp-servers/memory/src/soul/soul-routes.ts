/** `/soul…` for the gateway, as protocol/control describes it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import * as z from 'zod';
import type { SoulPublication } from './soul-publication.ts';
import { soulProblem } from './soul-syntax.ts';

const MAX_WAIT_S = 300;

const watchQuery = z.object({
  since: z.string().default(''),
  timeout: z.coerce.number().min(0).max(MAX_WAIT_S).default(25),
});
/** As lib/exact-rule makes it: one line, no globs. */
const ruleBody = z.object({
  rule: z.string().regex(/^[\w-]{1,128}(?::\w{1,128}=[^*?[\]\\\p{Cc}]{1,400})?(?::\*=)?$/u),
});
const hashBody = z.object({ hash: z.string().min(1).max(64) });

const textBody = z.object({ text: z.string() });
const saveBody = textBody.extend({ version: z.string().max(64).nullable() });

/** @param defaults folder with the soul.yaml of this version */
export function soulRoutes(soul: SoulPublication, defaults: string): Route[] {
  return [
    { method: 'GET', path: '/soul/file', answer: () => soul.read() },
    {
      method: 'GET',
      path: '/soul/default',
      answer: async () => ({ text: await readFile(join(defaults, 'soul.yaml'), 'utf8') }),
    },
    {
      method: 'POST',
      path: '/soul/check',
      answer: ({ body }) => ({ problem: soulProblem(Buffer.from(checked(textBody, body).text)) }),
    },
    {
      method: 'POST',
      path: '/soul/file',
      answer({ body }) {
        const { text, version } = checked(saveBody, body);
        return soul.save(text, version);
      },
    },
    { method: 'GET', path: '/soul', answer: () => soul.state },
    {
      method: 'GET',
      path: '/soul/watch',
      answer({ query, gone }) {
        const { since, timeout } = checked(watchQuery, query);
        return soul.watch(since, timeout * 1000, gone);
      },
    },
    { method: 'GET', path: '/soul/rules', answer: () => soul.rules() },
    {
      method: 'POST',
      path: '/soul/allow',
      async answer({ body }) {
        const { rule } = checked(ruleBody, body);
        return { rule, written: await soul.allow(rule) };
      },
    },
    {
      method: 'POST',
      path: '/soul/publish',
      answer: ({ body }) => soul.publish(checked(hashBody, body).hash),
    },
    {
      method: 'POST',
      path: '/soul/confirm',
      answer: ({ body }) => soul.confirm(checked(hashBody, body).hash),
    },
    { method: 'POST', path: '/soul/restore', answer: () => soul.restore() },
  ];
}
