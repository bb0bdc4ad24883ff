const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration such as `500ms`, `30s`, `15m`, `2h` or `1d`.
 * @returns milliseconds
 * @throws RangeError with a hint where the text is not one
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  const unit = match?.[2] ? UNIT_MS[match[2]] : undefined;
  if (!match || unit === undefined) {
    throw new RangeError(`"${text}" is not a duration; write for example 30s, 15m, 2h or 1d`);
  }
  return Number(match[1]) * unit;
}
