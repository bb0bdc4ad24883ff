/** Tells an owner who was there before that Moby's way out is closed now, and how to open it: once, when it really is. */
import type { Store } from '../store/store.ts';
import type { NotifyOwner } from './ports.ts';

const KEY = 'walls';

const TEXT = `Since this version I have no way out of my own. Models I reach through a part called egress, which keeps their keys; I never see them. Everything else goes through its door, to hosts that you allow: of one that it does not know you are asked once. My shell can no longer reach this machine, your network or the internet by itself; a model server on this machine is still reached.
To allow a host: \`./mobyclaw egress allow HOST\`. To open the door for every public host, as before: \`mode: open\` in egress.yaml in the data directory.`;

/** @throws what handing it over throws; then it is told at the next start */
export async function tellOfWalls(store: Store, notifyOwner: NotifyOwner): Promise<void> {
  if (!store.notices.isDue(KEY)) return;
  await notifyOwner(TEXT, KEY); // the key keeps a crash before the next line from telling it twice
  store.transaction('durable', () => store.notices.told(KEY));
}
