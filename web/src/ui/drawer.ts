/** Whether the menu is open where it lies over the page, as on a phone. */
import { signal } from '@preact/signals';

export const drawerOpen = signal(false);
