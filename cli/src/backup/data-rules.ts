/**
 * What of the data directory is no part of a backup: what belongs to the running processes (run/ but for the chat's
 * history, our locks, files that are just being written), what can be made or fetched again (the search indexes, the fitted
 * soul.yaml, local models) and older backups. Each is named by its place: a `yarn.lock` or a `.tmp-notes` of the owner's is none.
 */

const OURS = [
  /^run\/(?!chat-history$)/,
  /^(backups|models)(\/|$)/,
  /^(memory|gateway)\/\.index(\/|$)/,
  /^sessions\/engine(\/|$)/,
  /^(gateway\/gateway|memory\/|egress\/)\.lock(-journal|-wal|-shm)?$/,
];

/** Names that `writeFileAtomic` and the copy of a database in a container make, in the folders of our own processes. */
const BEING_WRITTEN = /(^|\/)(\.tmp-\d+-[0-9a-f]{12}|\.backup-\d+-[^/]+\.db)$/;

/** @param path inside the data directory; @param shared whether the agent's shell writes there */
export function isLeftOut(path: string, shared: boolean): boolean {
  return OURS.some((rule) => rule.test(path)) || (!shared && BEING_WRITTEN.test(path));
}
