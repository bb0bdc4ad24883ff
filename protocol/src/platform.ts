/** The messaging platforms that Moby is reached on; a channel's key begins with its name. */
export const PLATFORMS = ['telegram', 'discord', 'slack', 'whatsapp'] as const;

export type Platform = (typeof PLATFORMS)[number];
