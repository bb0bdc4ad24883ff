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

/** @returns what is wrong with the address; null: nothing */
export function endpointProblem(endpoint: string): string | null {
  const url = URL.parse(endpoint);
  if (url?.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '')
    return 'The address of a push service is https://… without a port or a password.';
  return HOSTS.some((host) => host.test(url.hostname))
    ? null
    : `${url.hostname} is no push service of a browser that is known here, so nothing is sent there.`;
}
