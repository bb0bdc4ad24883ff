/** What the load generator is asked to do, and what it answers. All times in milliseconds. */

/** Whom to talk to: the gateway by its API, the agent by its own, or the model by its provider's. */
export type Target =
  | { kind: 'gateway'; port: number; token: string }
  /** On a socket, as in local mode. */
  | { kind: 'agent'; socketPath: string }
  | { kind: 'model'; port: number };

export type Job =
  /** Each session asks `rounds` times, a pause of `pauseMs` at random before each; or all at the same moment. */
  | {
      do: 'first-token';
      target: Target;
      sessions: number;
      rounds: number;
      prompt: string;
      pauseMs: [low: number, high: number] | 'at once';
    }
  /** All streams at once, begun within a second; each token of the answers holds the time at which it was sent. */
  | { do: 'token-lag'; target: Target; streams: number; prompt: string; warmUpMs: number }
  /** Nothing, for so long; how late its own event loop was is what the machine's other work does to any process. */
  | { do: 'idle'; forMs: number }
  /** Prompts on so many connections, each closed as soon as its prompt was accepted. */
  | { do: 'accept'; target: Target; connections: number; sessions: number; forMs: number };

export interface Result {
  /** Times to the first token, or from sending to receiving a token, or by which the event loop was late. */
  samples: number[];
  /** What was accepted, in `seconds`. */
  accepted: number;
  seconds: number;
}
