/** Who may use this API, and which browsers are notified. */
import { pageCodeSchema, pageLoginRequestSchema, pageLoginViewSchema } from '@mobyclaw/protocol/page-login';
import { pushListSchema, pushRequestSchema, pushViewSchema } from '@mobyclaw/protocol/push';
import { tokenRequestSchema, tokenViewSchema } from '@mobyclaw/protocol/token';
import { items, type Operation } from './operation.ts';

export const ACCESS: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/login/codes',
    summary: 'Make a code that lets a browser in: once, within two minutes, as #login=<code> of the page',
    answer: pageCodeSchema,
    status: 201,
  },
  {
    method: 'post',
    path: '/api/login',
    summary: 'Turn such a code into the cookie of the page',
    body: pageLoginRequestSchema,
    answer: pageLoginViewSchema,
    status: 201,
    open: true,
  },
  {
    method: 'get',
    path: '/api/login',
    summary: 'The login of the browser that asks; counts its 30 days anew',
    answer: pageLoginViewSchema,
  },
  { method: 'delete', path: '/api/login', summary: 'Log this browser out', status: 204 },
  {
    method: 'get',
    path: '/api/tokens',
    summary: 'Tokens, and the browsers that were let in, without their secrets',
    answer: items(tokenViewSchema),
  },
  {
    method: 'post',
    path: '/api/tokens',
    summary: 'Make a token; its secret is shown once',
    body: tokenRequestSchema,
    answer: tokenViewSchema,
    status: 201,
  },
  { method: 'delete', path: '/api/tokens/{id}', summary: 'Revoke a token', status: 204 },
  {
    method: 'get',
    path: '/api/push',
    summary: 'Browsers that are notified while no tab is in front',
    answer: pushListSchema,
  },
  {
    method: 'post',
    path: '/api/push',
    summary: 'Notify this browser; only with its cookie, and at known push services',
    body: pushRequestSchema,
    answer: pushViewSchema,
    status: 201,
  },
  { method: 'delete', path: '/api/push/{id}', summary: 'Notify a browser no more', status: 204 },
];
