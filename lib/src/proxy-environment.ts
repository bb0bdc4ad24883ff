/**
 * The proxy that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, or in lower case), as Node's agents take it
 * with `proxyEnv`. This machine and the stack's own parts are never asked through it, whatever NO_PROXY says.
 */
const OWN_HOSTS = 'localhost,127.0.0.1,::1,memory,workspace,gateway,moby-agent,host.docker.internal';

export function proxyEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const { HTTP_PROXY, HTTPS_PROXY, http_proxy = HTTP_PROXY, https_proxy = HTTPS_PROXY } = env;
  const own = env.no_proxy ?? env.NO_PROXY;
  return { http_proxy, https_proxy, no_proxy: own ? `${OWN_HOSTS},${own}` : OWN_HOSTS };
}
