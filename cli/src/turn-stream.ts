/**
 * One turn from the client's side: sends the prompt and yields the turn's events, each exactly once and in order, over
 * as many connections as it takes. The turn itself lives in the gateway and goes on without us.
 *
 * Until the gateway has named the turn, a retry sends the prompt again under the same Idempotency-Key, which is the same
 * turn; from then on the event log is read from the last event seen. Gives up only when the gateway has been away for
 * minutes, and says then what is known: that the message is kept, that it never left, or that it may have arrived.
 */
import type { IncomingMessage } from 'node:http';
import { backoffMs } from '@mobyclaw/lib/backoff';
import { pause } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import {
  endsTurn,
  type NumberedEvent,
  type TurnEventType,
  turnEventSchemas,
} from '@mobyclaw/protocol/events';
import type { PromptRequest } from '@mobyclaw/protocol/prompt';
import { createParser } from 'eventsource-parser';
import { CliError, NotRunningError } from './cli-error.ts';
import type { GatewayClient } from './gateway-client.ts';
import { ConnectionError, GatewayError } from './gateway-error.ts';

const GIVE_UP_AFTER_MS = 5 * 60_000; // a gateway with a long queue is back in seconds; minutes mean a repair
const SILENCE_MS = 60_000; // the gateway sends a comment every 15 s; four missed are a dead connection
const RECONNECT = { firstMs: 100, maxMs: 5_000 };

/** The message was sent, and nobody said that it has arrived. */
export class UnconfirmedError extends CliError {
  override name = 'UnconfirmedError';

  constructor(cause?: unknown) {
    super(
      'The gateway went away before it had confirmed the message, so it may never have arrived. Asking again is safe: ' +
        'within an hour the same words in the same conversation are the same message. Start him with ./mobyclaw up first.',
      { cause },
    );
  }
}

export interface TurnStreamOptions {
  client: GatewayClient;
  request: PromptRequest;
  idempotencyKey?: string;
  /** Whether something is there that brings the gateway back; asked when it cannot be reached. */
  comesBack?: () => boolean | Promise<boolean>;
  /** Told once per break of the connection. */
  onBreak?: () => void;
  signal?: AbortSignal;
}

/**
 * @throws NotRunningError where nobody listens and nothing would bring the gateway back; GatewayError where it refuses
 * the prompt; UnconfirmedError where it went away before it named the turn; CliError where it stayed away too long
 */
export async function* streamTurn(options: TurnStreamOptions): AsyncGenerator<NumberedEvent, void> {
  const { client, request, idempotencyKey = uuidv7(), signal } = options;
  let turn: string | undefined;
  let lastId = 0;
  let failures = 0;
  let brokenSince: number | undefined;
  let mayHaveArrived = false;
  const givenUp = (cause?: Error): CliError =>
    turn !== undefined
      ? leftBehind(request, cause)
      : mayHaveArrived
        ? new UnconfirmedError(cause)
        : neverSent(cause);
  for (;;) {
    try {
      const response = await (turn === undefined
        ? client.open('/prompt/stream', {
            method: 'POST',
            body: request,
            headers: { accept: 'text/event-stream', 'idempotency-key': idempotencyKey },
            signal,
          })
        : client.open(`/api/turns/${encodeURIComponent(turn)}/events`, {
            headers: { accept: 'text/event-stream', 'last-event-id': String(lastId) },
            signal,
          }));
      for await (const event of readEvents(response, client)) {
        failures = 0;
        brokenSince = undefined;
        if (event.id <= lastId) continue;
        lastId = event.id;
        if (event.type === 'queued' || event.type === 'started') turn ??= event.data.turn;
        yield event;
        if (endsTurn(event)) return;
      }
    } catch (error) {
      const passing = error instanceof ConnectionError || (error instanceof GatewayError && error.passing);
      if (!passing || signal?.aborted) throw error;
      if (error instanceof ConnectionError && error.refused && (await options.comesBack?.()) !== true) {
        throw turn === undefined && !mayHaveArrived ? new NotRunningError(error) : givenUp(error);
      }
      // A gateway that refuses has taken nothing in; a connection that broke may have carried the message before.
      mayHaveArrived ||= error instanceof ConnectionError && !error.refused;
    }
    const now = client.clock.now();
    if (brokenSince === undefined) options.onBreak?.();
    brokenSince ??= now;
    if (now - brokenSince > GIVE_UP_AFTER_MS) throw givenUp();
    await pause(client.clock, backoffMs(++failures, RECONNECT), signal);
  }
}

function neverSent(cause?: Error): CliError {
  return new CliError(
    `Nobody answered for ${GIVE_UP_AFTER_MS / 60_000} minutes, and the message was not sent. See ./mobyclaw status, then ask again.`,
    { cause },
  );
}

function leftBehind(request: PromptRequest, cause?: Error): CliError {
  return new CliError(
    'The gateway went away while Moby was answering. The message is kept: start him with ./mobyclaw up, and read the ' +
      `answer with ./mobyclaw history ${request.session ?? 'api:default'}`,
    { cause },
  );
}

/** Yields the numbered events of one connection until it ends. Unknown events are left out: a newer gateway may send them. */
async function* readEvents(
  response: IncomingMessage,
  client: GatewayClient,
): AsyncGenerator<NumberedEvent, void> {
  const pending: NumberedEvent[] = [];
  const parser = createParser({
    onEvent({ id, event, data }) {
      const parsed = parseEvent(id, event, data);
      if (parsed) pending.push(parsed);
    },
  });
  const watch = (): { cancel(): void } =>
    client.clock.after(SILENCE_MS, () => response.destroy(new Error('the stream went silent')));
  let silence = watch();
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) {
      silence.cancel();
      silence = watch();
      parser.feed(chunk);
      yield* pending.splice(0);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new ConnectionError(error as Error);
  } finally {
    silence.cancel();
    response.destroy();
  }
}

function parseEvent(id: string | undefined, type: string | undefined, data: string): NumberedEvent | null {
  if (type === undefined || !Object.hasOwn(turnEventSchemas, type)) return null;
  const known = type as TurnEventType;
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 1) throw unreadable(type);
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (error) {
    throw unreadable(type, error);
  }
  const result = turnEventSchemas[known].safeParse(value);
  if (!result.success) throw unreadable(type, result.error);
  return { id: number, type: known, data: result.data } as NumberedEvent;
}

function unreadable(type: string, cause?: unknown): CliError {
  return new CliError(
    `The running Moby is of another version than this mobyclaw, which cannot read its event "${type}". Bring him to this version: ./mobyclaw upgrade (if this checkout is the older one: git pull first)`,
    { cause },
  );
}
