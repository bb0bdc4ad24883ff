/** `/api/channels`, `/api/pairings`, `/api/deliver`: messaging, as the command line and the page use it. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import {
  type ApprovedView,
  allowRequestSchema,
  approveRequestSchema,
  type ChannelStatusView,
  type ChannelsView,
  deliverRequestSchema,
  loginRequestSchema,
  type PairingsView,
} from '@mobyclaw/protocol/channel';
import type { Platform } from '@mobyclaw/protocol/platform';
import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import { Router } from 'express';
import type { ChannelReport, Messaging } from '../../messaging/messaging.ts';
import type { HttpServices } from '../http-services.ts';
import { validate } from '../validate.ts';

export function channelRoutes({ messaging, ownerChannel }: HttpServices): Router {
  const router = Router();

  router.get('/api/channels', (_request, response) => {
    const owner = ownerChannel();
    const view: ChannelsView = {
      items: messaging()?.channels().map(toStatusView) ?? [],
      ...(owner ? { owner } : {}),
      trouble:
        messaging()
          ?.trouble()
          .map(({ error, createdAt, ...row }) => ({
            ...row,
            ...(error === null ? {} : { error }),
            createdAt: time(createdAt),
          })) ?? [],
    };
    response.json(view);
  });

  router.get('/api/channels/:platform/login', (request, response) => {
    response.json(statusOf(platformNamed(request.params.platform)));
  });

  router.post('/api/channels/:platform/login', async (request, response) => {
    const { anew } = validate(loginRequestSchema, request.body ?? {});
    const platform = platformNamed(request.params.platform);
    await enabled().login(platform, anew);
    response.status(202).json(statusOf(platform));
  });

  router.post('/api/channels/:key/allow', (request, response) => {
    const { mention } = validate(allowRequestSchema, request.body ?? {});
    const channel = groupKey(request.params.key);
    enabled().decisions.allowGroup(channel, mention);
    response.json({ channel, mention });
  });

  router.post('/api/channels/:key/close', (request, response) => {
    const channel = groupKey(request.params.key);
    if (enabled().decisions.closeGroup(channel) === null) {
      throw new HttpProblem('not-found', `${channel} is not allowed anyway.`);
    }
    response.status(204).end();
  });

  router.post('/api/channels/:key/resend', (request, response) => {
    response.json({ deliveries: enabled().resend(validate(sessionKeySchema, request.params.key)) });
  });

  router.get('/api/pairings', (_request, response) => {
    response.json(pairings(messaging()));
  });

  router.post('/api/pairings/:code/approve', (request, response) => {
    const { role } = validate(approveRequestSchema, request.body ?? {});
    const approved = enabled().decisions.approve(request.params.code, role);
    if (!approved) throw noSuchCode(request.params.code);
    if (approved === 'role-needed') {
      const detail =
        'This platform has no owner yet, so say what they shall be: an owner commands Moby, a guest talks with him. Give the role owner or guest (--role owner, --role guest).';
      throw new HttpProblem('role-needed', detail);
    }
    const { platform, user, name, channel } = approved;
    response.json({ platform, user, name, channel, role: approved.role } satisfies ApprovedView);
  });

  router.post('/api/pairings/:code/reject', (request, response) => {
    if (!enabled().decisions.reject(request.params.code)) throw noSuchCode(request.params.code);
    response.status(204).end();
  });

  router.post('/api/pairings/:code/revoke', (request, response) => {
    const who = request.params.code;
    const revoked = enabled().decisions.revoke(who);
    if (revoked.kind === 'named') {
      throw new HttpProblem(
        'conflict',
        `${who} is named in ${revoked.variable}; remove it there and restart Moby.`,
      );
    }
    if (revoked.kind === 'unknown') {
      const detail = `There is no code and nobody called ${who}. Give a waiting code, or platform:user such as telegram:12345.`;
      throw new HttpProblem('not-found', detail);
    }
    response.status(204).end();
  });

  router.post('/api/deliver', (request, response) => {
    const { channel, text, attachments = [] } = validate(deliverRequestSchema, request.body);
    const delivery = enabled().deliver({ channel, text, files: attachments, sentBy: 'API' });
    response.status(202).json({ delivery });
  });

  return router;

  function enabled(): Messaging {
    const running = messaging();
    if (running) return running;
    const detail =
      'No messaging channel is enabled. Set a token such as TELEGRAM_BOT_TOKEN and start Moby again.';
    throw new HttpProblem('conflict', detail);
  }

  /** Only WhatsApp has a login of its own; the others have tokens. */
  function platformNamed(name: string): Platform {
    if (name === 'whatsapp') return name;
    throw new HttpProblem(
      'bad-request',
      `${name} needs no login; its token in .env is all. WhatsApp does: whatsapp.`,
    );
  }

  function statusOf(platform: Platform): ChannelStatusView {
    const report = enabled()
      .channels()
      .find((one) => one.platform === platform);
    if (report) return toStatusView(report);
    const detail = `${platform} is not enabled. Set WHATSAPP_AUTH=qr in .env and start Moby again.`;
    throw new HttpProblem('conflict', detail);
  }

  function groupKey(key: string): string {
    const channel = validate(sessionKeySchema, key);
    if (/^(telegram|whatsapp):group:|^(discord|slack):channel:/.test(channel)) return channel;
    throw new HttpProblem(
      'bad-request',
      `${channel} is not a group. People are let in with their pairing code.`,
    );
  }
}

/** The channels for `/api/status` too. */
export function toStatusView({ platform, status, waiting }: ChannelReport): ChannelStatusView {
  const { login, reason, receivePathWorkedAt } = status;
  return {
    channel: platform,
    state: status.state,
    since: time(status.since),
    ...(receivePathWorkedAt === null ? {} : { receivePathWorkedAt: time(receivePathWorkedAt) }),
    ...(reason === null ? {} : { reason }),
    fatal: status.fatal,
    waiting,
    connects: status.connects,
    ...(login === null ? {} : { login: { ...login, expiresAt: time(login.expiresAt) } }),
  };
}

function pairings(messaging: Messaging | null): PairingsView {
  const access = messaging?.access;
  return {
    pending:
      access?.pending().map(({ code, platform, user, name, channel, expiresAt }) => {
        return { code, platform, user, name, channel, expiresAt: time(expiresAt) };
      }) ?? [],
    people:
      access?.people().map(({ platform, user, name, role, channel, lastSeenAt }) => {
        return { platform, user, name, role, channel, lastSeenAt: time(lastSeenAt) };
      }) ?? [],
    groups: access?.groups().map(({ channel, mention }) => ({ channel, mention })) ?? [],
    closedGroups:
      access?.closedGroups().map(({ channel, title, askedAt }) => {
        return { channel, title, askedAt: time(askedAt) };
      }) ?? [],
  };
}

function noSuchCode(code: string): HttpProblem {
  return new HttpProblem(
    'not-found',
    `No code ${code} is waiting. GET /api/pairings lists those that are; a code lives for one hour.`,
  );
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
