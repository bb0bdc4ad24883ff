/** Versions of the agent's engine as its `version` command prints them. */

export interface EngineVersion {
  major: number;
  minor: number;
  patch: number;
}

/**
 * Reads the first version in the output of `<engine> version`: `docker-agent version v1.32.3-19-g0d76412a`, `1.149.0`.
 * @returns the text without `v`, and its numbers; null where the output names no version
 */
export function parseVersion(output: string): { text: string; version: EngineVersion } | null {
  const match = /\bv?((\d+)\.(\d+)\.(\d+)(?:[-+][\w.+-]+)?)/.exec(output);
  if (!match) return null;
  const [, text = '', major, minor, patch] = match;
  return { text, version: { major: Number(major), minor: Number(minor), patch: Number(patch) } };
}

/** @returns whether `version` is `major.minor.patch` or later; false where it is unknown */
export function isAtLeast(version: EngineVersion | null, major: number, minor: number, patch = 0): boolean {
  if (version === null) return false;
  const differences = [version.major - major, version.minor - minor, version.patch - patch];
  return (differences.find((difference) => difference !== 0) ?? 0) >= 0;
}
