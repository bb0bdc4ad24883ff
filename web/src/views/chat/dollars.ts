/** What something cost, as one reads it: cents, and more digits where there are none. */
export function dollars(amount: number): string {
  return `$${amount < 0.01 ? amount.toFixed(4) : amount.toFixed(2)}`;
}
