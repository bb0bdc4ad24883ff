/**
 * Where a reader of the live stream stands, as its blocks' id says it: the newest message, and of each turn that was open
 * the number of its last event. It is all a gateway needs to go on, also one that was started since.
 */
const FORM = /^\d{1,15}(~\d{1,15}\.\d{1,15})*$/;
const MOST_CHARS = 20_000; // some 1,000 open turns; more is not ours

export interface LiveCursor {
  /** Id of the newest message that is known. */
  lastMessage: number;
  /** Turn, by its order of arrival → its last event that is known. */
  turns: ReadonlyMap<number, number>;
}

export function writeCursor({ lastMessage, turns }: LiveCursor): string {
  let text = String(lastMessage);
  for (const [turn, id] of turns) text += `~${turn}.${id}`;
  return text;
}

/** @returns null for what is no cursor, whose owner then begins anew */
export function readCursor(text: string): LiveCursor | null {
  if (text.length > MOST_CHARS || !FORM.test(text)) return null;
  const [lastMessage, ...turns] = text.split('~');
  return {
    lastMessage: Number(lastMessage),
    turns: new Map(turns.map((pair) => pair.split('.').map(Number) as [number, number])),
  };
}
