/**
 * Which names of time zones are taken: those of a place that both Intl and Temporal know. Intl alone also takes offsets,
 * and abbreviations of three letters that mean another zone to whoever wrote them; Temporal refuses the latter, so that
 * a schedule in one could never be reckoned.
 */
import { realpathSync } from 'node:fs';

/** What Temporal refuses of what Intl takes: names of old Java programs. A test holds the two against each other. */
const LEGACY =
  /^(ACT|AET|AGT|ART|AST|BET|BST|CAT|CNT|CST|CTT|EAT|ECT|IET|IST|JST|MIT|NET|NST|PLT|PNT|PRT|PST|SST|VST)$/i;

/** Whether a schedule can be reckoned in it. */
export function isTimeZone(name: string): boolean {
  return zoneProblem(name) === null;
}

/** @returns what is wrong with it and what to write, as the end of a sentence that begins with the name; or null */
export function zoneProblem(name: string): string | null {
  const known = /^[a-z]/i.test(name) ? resolved(name) : null;
  if (known !== null && !LEGACY.test(name)) return null;
  if (known !== null) {
    return `is not a time zone but short for several; write the name of a place, such as ${known}`;
  }
  if (/^([+-]|(utc|gmt)[+-])\d/i.test(name)) {
    return 'is not a time zone but an offset, which changes with the season; write the name of a place, such as Europe/Berlin';
  }
  const city = name.trim().toLowerCase().replaceAll(' ', '_').split('/').at(-1);
  const likely = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(`/${city}`));
  const example = likely === undefined ? 'for example Europe/Berlin or UTC' : `probably ${likely}`;
  return `is not a time zone; write ${example}`;
}

/** @returns the zone that a name of an older setting meant, so that what was kept under it goes on */
export function keptZone(name: string): string {
  return LEGACY.test(name) ? (resolved(name) ?? name) : name;
}

/**
 * @param env as `TZ` was when this process began: Intl does not see later changes
 * @returns the time zone of this machine, or null where `TZ` names none
 */
export function systemTimeZone(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  // Of a path Intl makes up a zone: none, or UTC where there is a digit in it.
  const path = env.TZ?.replace(/^:/, '') ?? '';
  if (path.startsWith('/')) return zoneOfFile(path);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone && timeZone !== 'Etc/Unknown') return keptZone(timeZone);
  return path === '' ? zoneOfFile('/etc/localtime') : null;
}

/** @returns the zone that a link into the system's zones names, or null */
function zoneOfFile(path: string): string | null {
  try {
    const name = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(realpathSync(path))?.[1];
    return name !== undefined && isTimeZone(name) ? name : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return null;
    throw error;
  }
}

function resolved(name: string): string | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
