/** What a part answers to the gateway beside `/mcp`, as JSON in both directions. */
export interface RouteRequest {
  query: Readonly<Record<string, string>>;
  /** As parsed; undefined where none was sent. */
  body: unknown;
  /** Aborted when the client has left or has its answer. */
  gone: AbortSignal;
}

export interface Route {
  method: 'GET' | 'POST';
  /** Exact. */
  path: string;
  /** What a body may have, where it is more than other routes take. */
  mostBytes?: number;
  /** @returns the body of the answer @throws HttpProblem for what the caller is told */
  answer(request: RouteRequest): unknown;
}
