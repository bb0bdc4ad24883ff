/** One line of the result table. */
export interface Row {
  what: string;
  /** The same without the gateway, where that can be. */
  direct?: string;
  gateway: string;
  /** What is compared with the aim. */
  reached: string;
  aim: string;
  ok: boolean;
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

/** A difference, with its sign. */
export function more(value: number): string {
  return `${value < 0 ? '−' : '+'}${ms(Math.abs(value))}`;
}

export function mb(value: number): string {
  return `${value.toFixed(0)} MB`;
}

/** @param part 0.5 is the median */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
