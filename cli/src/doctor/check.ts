/** One thing that doctor looks at. */
export interface Check {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  detail: string;
  /** What to do about it, where it is not ok. */
  remedy?: string;
  /** Does what the remedy says, where that can do no harm; for `doctor --fix`. */
  fix?: () => Promise<void>;
}

/** @returns the check with a way to mend what it found */
export function fixable(check: Check, fix: () => Promise<void>): Check {
  return check.status === 'ok' ? check : { ...check, fix };
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, remedy: string): Check {
  return { name, status: 'warn', detail, remedy };
}

export function fail(name: string, detail: string, remedy: string): Check {
  return { name, status: 'fail', detail, remedy };
}
