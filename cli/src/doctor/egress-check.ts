/** What Moby may reach outside: a fault of egress.yaml, and rules that let more through than they seem to. */

import type { DataDirectory } from '../data-directory.ts';
import { readEgressFile } from '../egress/egress-file.ts';
import { type Check, fail, ok, warn } from './check.ts';

const NAME = 'egress.yaml';

export function egressChecks(data: DataDirectory): Check[] {
  const read = readEgressFile(data);
  if ('problem' in read) {
    const { message, line } = read.problem;
    const where = line === undefined ? '' : `line ${line}: `;
    return [fail(NAME, `${where}${message} What was in force before stays`, `Mend it: ${data.egress}`)];
  }
  const { mode, allow } = read.rules;
  const below = allow.flatMap(({ host }) => (host.startsWith('*.') ? [host] : []));
  const checks: Check[] = [];
  if (mode === 'open') {
    const said = 'mode open: any public host is let through, so whatever Moby reads can leave';
    checks.push(warn(NAME, said, './mobyclaw egress mode ask'));
  }
  if (below.length > 0) {
    const said = `${below.join(', ')}: whoever runs these domains reads each name that is asked for, which can hold a message`;
    checks.push(warn(NAME, said, 'Allow the names that he needs, or leave it so if it is meant.'));
  }
  return checks.length > 0 ? checks : [ok(NAME, `mode ${mode}, ${allow.length} allowed`)];
}
