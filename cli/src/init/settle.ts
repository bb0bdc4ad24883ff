/**
 * What `up` needs of `.env` and asks nobody for: the secrets that the parts know each other by and the containers' user.
 * A first start without a terminal, or a `.env` made by hand, gets them here, with the defaults for all the rest.
 */

import { MODEL_KEYS, PART_SECRETS } from '@mobyclaw/lib/settings';
import { prepareContainerUser } from '../compose/container-user.ts';
import type { Context } from '../context.ts';
import { say } from '../terminal.ts';
import { Draft } from './draft.ts';
import { fillFromFlags } from './unattended.ts';
import { writeDraft } from './write.ts';

export async function settleSettings(context: Context, docker: { rootless: boolean }): Promise<void> {
  const { terminal } = context;
  const draft = new Draft(context);
  const missing = PART_SECRETS.filter((name) => draft.now.values[name] === undefined);
  if (missing.length === 0 && !draft.first) return;
  const byHand = missing.includes('MOBYCLAW_MCP_TOKEN'); // else it is of a version that had fewer secrets
  if (draft.first) await fillFromFlags(draft, {}, terminal, 'compose');
  else if (
    byHand &&
    MODEL_KEYS.every((name) => draft.value(name) === undefined) &&
    draft.value('MOBYCLAW_AGENT') === undefined
  )
    draft.set('MOBYCLAW_AGENT', 'embedded'); // the only one that answers without a key
  const { MOBYCLAW_UID: uid, MOBYCLAW_GID: gid } = draft.now.values;
  const user = await prepareContainerUser(draft.data.root, docker.rootless, {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  for (const line of await writeDraft(draft, user)) say(terminal, line);
  if (draft.value('MOBYCLAW_AGENT') === 'embedded' && draft.model === null)
    say(terminal, 'No model is set up: Moby answers by simple rules. ./mobyclaw init gives him one.');
  context.forgetSettings();
}
