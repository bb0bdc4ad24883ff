/** What `status` says of egress.yaml, in a line. */
import type { DataDirectory } from '../data-directory.ts';
import { readEgressFile } from './egress-file.ts';

export function wayOut(data: DataDirectory): { text: string; isGood: boolean } {
  const read = readEgressFile(data);
  if ('problem' in read) {
    const { message, line } = read.problem;
    const where = line === undefined ? '' : `, line ${line}`;
    return { text: `egress.yaml${where}: ${message} What was in force before stays.`, isGood: false };
  }
  const { mode, allow } = read.rules;
  const hosts = `${allow.length} ${allow.length === 1 ? 'rule' : 'rules'}`;
  return {
    text: mode === 'open' ? 'mode open: any public host' : `mode ${mode}, ${hosts}`,
    isGood: mode !== 'open',
  };
}
