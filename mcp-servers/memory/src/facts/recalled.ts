/** What was put before a message as remembered is remembered already; a model that writes it down again makes junk of it. */
import { ToolError } from '@mobyclaw/mcp/tool';
import { RECALLED } from '@mobyclaw/protocol/recalled';

/** @throws ToolError where the text has the mark of something recalled */
export function refuseRecalled(text: string): void {
  if (!text.includes(RECALLED)) return;
  throw new ToolError(
    'That was shown to you out of the memory, so it stands there already. Nothing was written. Write down only what is new, in your own words.',
  );
}
