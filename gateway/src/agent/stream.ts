/**
 * Reads the body of one run to its end, whatever that is. Events are handed on synchronously, chunk by chunk; nothing of
 * the stream is kept but the line that is not complete yet. Never rejects: how the stream ended is the answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import { type AgentEvent, EventReader } from './event-reader.ts';
import { LineSplitter } from './line-splitter.ts';

export interface StreamEnd {
  /** `whole`: end of the body; `broken`: the connection broke; `unreadable`: `cause` says why; `refused`: the handler threw `cause`. */
  how: 'whole' | 'broken' | 'unreadable' | 'refused';
  cause?: unknown;
  bytes: number;
  invalidLines: number;
}

export interface StreamHandlers {
  clock: Clock;
  lineBytes: number;
  knowsCall: (id: string) => boolean;
  /** Each piece that arrives, before its events. */
  onChunk: () => void;
  onEvent: (event: AgentEvent, gapMs: number) => void;
}

export function readStream(response: IncomingMessage, handlers: StreamHandlers): Promise<StreamEnd> {
  const { clock, lineBytes, knowsCall, onChunk, onEvent } = handlers;
  return new Promise((resolve) => {
    let bytes = 0;
    let lastAt = clock.now();
    let gapMs = 0;
    let handlerError: { cause: unknown } | null = null;
    const reader = new EventReader(knowsCall);
    const splitter = new LineSplitter((line) => {
      if (handlerError) return;
      const event = reader.read(line);
      if (event === null) return;
      try {
        onEvent(event, gapMs);
      } catch (cause) {
        handlerError = { cause };
      }
      gapMs = 0;
    }, lineBytes);
    const settle = (how: StreamEnd['how'], cause?: unknown): void => {
      resolve({ how, cause, bytes, invalidLines: reader.invalidLines });
    };
    const feed = (work: () => void): boolean => {
      try {
        work();
      } catch (cause) {
        settle('unreadable', cause);
        response.destroy();
        return false;
      }
      if (!handlerError) return true;
      settle('refused', handlerError.cause);
      response.destroy();
      return false;
    };
    response.on('data', (chunk: Buffer) => {
      const now = clock.now();
      gapMs += now - lastAt; // kept over chunks that complete no event
      lastAt = now;
      bytes += chunk.length;
      onChunk();
      feed(() => splitter.push(chunk));
    });
    response.once('end', () => feed(() => splitter.end()) && settle('whole'));
    response.on('error', (cause) => settle('broken', cause));
    response.once('close', () => settle('broken'));
  });
}
