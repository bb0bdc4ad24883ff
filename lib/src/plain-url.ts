/**
 * An address as it may be shown, logged or told: without the user name and password that may stand in it.
 * @param text an address, or anything else, which is left as it is
 */
export function plainUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || (url.username === '' && url.password === '')) return text;
  const credentials = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;
  return text.replace(credentials, '$1');
}
