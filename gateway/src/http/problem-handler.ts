/** Which problem an error of the gateway is, and that nobody is shown more than it says. */
import { HttpProblem, sendProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import type { ErrorRequestHandler } from 'express';
import { DeliveryRefusedError } from '../channels/delivery-refused.ts';
import { StoreError } from '../store/database.ts';
import { KeyReusedError, QueueFullError } from '../turns/inbox.ts';
import { DrainingError } from '../turns/turn-service.ts';

export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = toProblem(error);
    if (problem.type === 'internal') logger.error({ err: error, path: request.path }, 'a request failed');
    if (response.headersSent) return next(error);
    sendProblem(response, problem);
  };
}

export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof QueueFullError) return new HttpProblem('queue-full', error.message);
  if (error instanceof KeyReusedError) {
    return new HttpProblem('idempotency-mismatch', error.message, { turn: error.turn });
  }
  if (error instanceof DeliveryRefusedError) return new HttpProblem('conflict', error.message);
  if (error instanceof DrainingError)
    return new HttpProblem('draining', error.message, {}, { 'retry-after': '2' });
  if (error instanceof StoreError && ['full', 'unwritable', 'io'].includes(error.code)) {
    return new HttpProblem('storage-full', `${error.message} This message was not accepted; send it again.`);
  }
  return fromBodyParser(error) ?? new HttpProblem('internal', 'The gateway failed; its log has the reason.');
}

/** Errors of Express and its parts; body-parser's carry a stable `type`, https://github.com/expressjs/body-parser#errors */
function fromBodyParser(error: unknown): HttpProblem | null {
  const { type, limit, status } = (error ?? {}) as { type?: unknown; limit?: unknown; status?: unknown };
  switch (type) {
    case 'entity.too.large':
      return new HttpProblem(
        'payload-too-large',
        `The request is larger than ${Math.round(Number(limit) / 2 ** 20)} MB, the most that is taken here. Send less.`,
      );
    case 'entity.parse.failed':
      return new HttpProblem('bad-request', 'The body is not valid JSON.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new HttpProblem('unsupported-media-type', 'Send the body as UTF-8 JSON without compression.');
    case 'request.aborted':
    case 'request.size.invalid':
      return new HttpProblem('bad-request', 'The body did not arrive whole.');
    default:
      // The server's own libraries give a status to what the sender did wrong: a path that cannot be decoded, a broken gzip.
      return typeof status === 'number' && status >= 400 && status < 500
        ? new HttpProblem(
            'bad-request',
            'The request could not be read: its path or its body is not well formed.',
          )
        : null;
  }
}
