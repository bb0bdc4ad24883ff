/** What a session lets run unasked, as it stands whenever a tool is to run: a person may allow more while it goes on. */
import type { Soul } from '../soul/schema.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { ToolCallsOptions } from './tool-calls.ts';

export function sessionRules(
  store: SessionStore,
  id: string,
  soul: Soul,
): Pick<ToolCallsOptions, 'rules' | 'approveSession' | 'approveTool'> {
  return {
    rules: () => {
      const current = store.get(id);
      return {
        toolsApproved: current?.toolsApproved ?? false,
        session: current?.permissions ?? null,
        soul: soul.permissions,
      };
    },
    approveSession: () => store.setToolsApproved(id, true),
    approveTool: (name) => {
      const permissions = store.get(id)?.permissions ?? {};
      store.setPermissions(id, { ...permissions, allow: [...(permissions.allow ?? []), name] });
    },
  };
}
