/** What every server of ours is told by its environment, in the form in which it reads it. */
import * as z from 'zod';

/** A secret that two parts share; whoever starts them gives it to both. */
export const secretSchema = z
  .string('it must be set; `mobyclaw up` makes one')
  .min(16, 'it must have at least 16 characters');

/** Names besides loopback by which it may be called, given by whoever starts it. */
export const allowedHostsSchema = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((name) => name.trim().toLowerCase() || []));

/** An address `host:port`, an IPv6 host in brackets. */
export const listenSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'write host:port, such as 127.0.0.1:9100')
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'the port must be at most 65535');
