/** Figures as people read them. */

/** 999 · 12,345 · 120 k · 1.2 M */
export function tokenCount(count: number): string {
  if (count < 100_000) return count.toLocaleString('en-US');
  return count < 999_500 ? `${Math.round(count / 1000)} k` : `${trimmed(count / 1_000_000)} M`;
}

/** US dollars; what is spent and below a cent is not shown as nothing. */
export function dollars(amount: number): string {
  return amount > 0 && amount < 0.005 ? '<$0.01' : `$${amount.toFixed(2)}`;
}

/** 1 turn · 2 turns */
export function counted(count: number, noun: string): string {
  return `${tokenCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** 82 %; never 100 % of what is not all, and no more than 999 %. */
export function percent(share: number): string {
  return `${Math.min(999, Math.floor(share * 100 + 1e-9))} %`;
}

function trimmed(number: number): string {
  return number < 100 ? number.toFixed(1).replace(/\.0$/, '') : Math.round(number).toLocaleString('en-US');
}
