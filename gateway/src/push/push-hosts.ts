/**
 * The push services of the browsers that there are. A browser names the address at which it is reached, so without this list
 * whoever is let in could have the gateway ask any host. Chromium and Brave, Firefox, Safari, Edge.
 */
const HOSTS = [
  /^fcm\.googleapis\.com$/,
  /^([\w-]+\.)*push\.services\.mozilla\.com$/,
  /^([\w-]+\.)*push\.apple\.com$/,
  /^([\w-]+\.)*notify\.windows\.com$/,
];

const APPLE = /\.apple\.com$/;

/** @param hasContact whether push services are told one @returns what is wrong with the address; null: nothing */
export function endpointProblem(endpoint: string, hasContact = true): string | null {
  const url = URL.parse(endpoint);
  if (url?.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '')
    return 'The address of a push service is https://… without a port or a password.';
  if (APPLE.test(url.hostname) && !hasContact)
    return "Apple's push service takes nothing without a contact. Write your e-mail address as MOBYCLAW_PUSH_CONTACT into .env and run ./mobyclaw up.";
  return HOSTS.some((host) => host.test(url.hostname))
    ? null
    : `${url.hostname} is no push service of a browser that is known here, so nothing is sent there.`;
}
