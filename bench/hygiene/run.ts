/** `npm run hygiene [-- DAYS]`: what stands in a memory after 90 simulated days. Fails where more than 2 % of it is junk. */
import { hygiene } from './hygiene.ts';

const MOST_JUNK = 0.02;
const days = Number(process.argv[2] ?? 90);
const found = await hygiene(days, 13);
for (const [name, value] of Object.entries(found)) {
  console.log(`${name.padEnd(10)} ${name === 'junk' ? `${(value * 100).toFixed(2)} %` : value}`);
}
if (!(found.junk <= MOST_JUNK) || found.lost > 0) process.exit(1);
