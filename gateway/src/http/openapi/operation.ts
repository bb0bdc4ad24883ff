import * as z from 'zod';

/** One operation of the HTTP API, by the schemas that validate it. */
export interface Operation {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  body?: z.ZodType;
  answer?: z.ZodType;
  status?: number;
  stream?: boolean;
  open?: boolean;
}

export function items(item: z.ZodType): z.ZodType {
  return z.object({ items: z.array(item) });
}
