/** Begins each piece that is put before a message out of the memory, so that it is not written down again. */
export const RECALLED = '[moby-recalled';
