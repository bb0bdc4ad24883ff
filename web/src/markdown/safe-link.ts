/** Which addresses in a text of Moby's become something to click or to see. Everything else stays text. */

const OWN_PICTURE = /^\/api\/turns\/[\w-]+\/files\/\d+$/;

/** @returns the address as the browser will ask for it; null for anything but http, https and mailto */
export function safeLink(text: string): string | null {
  const url = URL.parse(text.trim());
  if (url === null || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return null;
  return url.href;
}

/** @returns the path of a picture that is kept here; null for any other, since a browser would ask a stranger for it unasked */
export function ownPicture(text: string): string | null {
  return OWN_PICTURE.test(text) ? text : null;
}
