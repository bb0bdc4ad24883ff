/** What stands in the `ref` of a file: its id, and which smaller rendition of a picture is meant, if one is. */
export const RENDITIONS = ['thumb_1024', 'thumb_720'] as const;

export type Rendition = (typeof RENDITIONS)[number];

export function fileRef(id: string, rendition: Rendition): string {
  return `${id} ${rendition}`;
}

export function readFileRef(ref: string): { id: string; rendition: Rendition | null } {
  const [id = '', name] = ref.split(' ');
  return { id, rendition: RENDITIONS.find((one) => one === name) ?? null };
}
