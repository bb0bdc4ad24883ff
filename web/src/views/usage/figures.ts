/** Numbers as the reader's browser writes them. */
const usd = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD' });
const smallUsd = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 4,
});
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** Below a cent to its hundredth part, since an answer costs no more. */
export function dollars(amount: number): string {
  return (amount > 0 && amount < 0.01 ? smallUsd : usd).format(amount);
}

export function tokensText(count: number): string {
  return compact.format(count);
}
