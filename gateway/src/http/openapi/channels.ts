/** The messengers, who may write there, and what is sent to them. */
import {
  allowRequestSchema,
  approvedSchema,
  approveRequestSchema,
  channelStatusSchema,
  channelsViewSchema,
  deliveredSchema,
  deliverRequestSchema,
  loginRequestSchema,
  pairingsViewSchema,
} from '@mobyclaw/protocol/channel';
import * as z from 'zod';
import type { Operation } from './operation.ts';

export const CHANNELS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/channels',
    summary: 'Messaging channels, and what was not delivered',
    answer: channelsViewSchema,
  },
  {
    method: 'get',
    path: '/api/channels/{platform}/login',
    summary: 'How a channel is, with what to scan or type where it wants a login',
    answer: channelStatusSchema,
  },
  {
    method: 'post',
    path: '/api/channels/{platform}/login',
    summary: 'Let the owner log in to a channel: whatsapp',
    body: loginRequestSchema,
    status: 202,
    answer: channelStatusSchema,
  },
  {
    method: 'post',
    path: '/api/channels/{key}/allow',
    summary: 'Open a group to Moby',
    body: allowRequestSchema,
    answer: z.object({ channel: z.string(), mention: z.boolean() }),
  },
  { method: 'post', path: '/api/channels/{key}/close', summary: 'Close a group to Moby', status: 204 },
  {
    method: 'post',
    path: '/api/channels/{key}/resend',
    summary: 'Send again what did not arrive in a channel, or perhaps not',
    answer: z.object({ deliveries: z.int() }),
  },
  {
    method: 'get',
    path: '/api/pairings',
    summary: 'Who may talk to Moby, and who waits to be let in',
    answer: pairingsViewSchema,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/approve',
    summary: 'Let a stranger in',
    body: approveRequestSchema,
    answer: approvedSchema,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/reject',
    summary: 'Turn a stranger away who waits: not answered for a week',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/pairings/{code}/revoke',
    summary:
      'Shut somebody out by platform:user, and stop what they had asked; a waiting code is turned away',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/deliver',
    summary: 'Push a message to a channel',
    body: deliverRequestSchema,
    answer: deliveredSchema,
    status: 202,
  },
];
