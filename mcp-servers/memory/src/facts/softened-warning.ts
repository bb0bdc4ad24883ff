/** Refuses a change by which a warning would go, or warn less: that is the owner's to decide. */
import { ToolError } from '@mobyclaw/mcp/tool';
import { HEARTBEAT, isGuestNotes, type MemoryFileName } from '../memory-file.ts';
import { factLines, type LineChanges } from '../sources/line-changes.ts';
import { plainLine } from '../sources/line-key.ts';
import { isSoftened } from './warning.ts';

export class SoftenedWarningError extends ToolError {
  override name = 'SoftenedWarningError';
  readonly file: MemoryFileName;
  readonly old: string;
  /** Empty where it was to go. */
  readonly is: string;

  constructor(file: MemoryFileName, old: string, is: string) {
    super(
      `"${plainLine(old)}" is a warning, and only the owner may have it ${is === '' ? 'removed' : 'say less'}. Nothing was changed; he will be asked. Tell him that, and go on.`,
    );
    this.file = file;
    this.old = old;
    this.is = is;
  }
}

/** HEARTBEAT.md is a list of tasks, and a guest's notes are no facts of the owner's. */
export function isProtected(name: MemoryFileName): boolean {
  return name !== HEARTBEAT && !isGuestNotes(name);
}

/** @param after the whole text as it would be: a warning that stands there twice may go once @throws SoftenedWarningError */
export function refuseSoftening(name: MemoryFileName, { wrote, removed }: LineChanges, after: string): void {
  const stays = (warning: string): boolean => factLines(after).some((line) => !isSoftened(warning, line));
  for (const { line, was } of wrote) {
    if (was !== undefined && isSoftened(was, line) && !stays(was))
      throw new SoftenedWarningError(name, was, line);
  }
  for (const line of removed) {
    if (isSoftened(line, '') && !stays(line)) throw new SoftenedWarningError(name, line, '');
  }
}
