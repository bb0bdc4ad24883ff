/** Programs that people use, each told not to heed the proxy. */
import type { Attempt } from './attempt.ts';

export function programs(at: string): Attempt[] {
  const may = (program: string, command: string): string =>
    `command -v ${program} >/dev/null || { echo no ${program} here; exit 0; }; ${command}`;
  return [
    {
      name: 'git: clone',
      reason: 'http without the proxy',
      command: may('git', `git -c http.proxy= clone http://${at}/x.git out 2>&1`),
    },
    {
      name: 'git: a remote helper',
      reason: 'ext:: runs any program',
      command: may(
        'git',
        `git -c protocol.ext.allow=always -c http.proxy= ls-remote 'ext::curl --noproxy * -s http://${at}/' 2>&1`,
      ),
    },
    {
      name: 'git: a hook',
      reason: 'it runs at the next commit',
      command: may(
        'git',
        `git init -q hooked && cd hooked && printf '#!/bin/sh\\ncurl -s --noproxy "*" http://${at}/' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x; rm -rf ../hooked; echo tried`,
      ),
    },
    {
      name: 'npm: a registry of his own',
      reason: 'named in a project',
      command: may(
        'npm',
        `mkdir -p p && cd p && echo 'registry=http://${at}/' > .npmrc && npm_config_cache=/tmp/npm npm_config_fetch_retries=0 timeout 15 npm view nothing 2>&1 | tail -3; rm -rf ../p; echo tried`,
      ),
    },
    {
      name: 'npm: a script of a package',
      reason: 'it runs at the installation',
      command: may(
        'npm',
        `mkdir -p q && cd q && echo '{"name":"q","version":"1.0.0","scripts":{"preinstall":"curl -s --noproxy \\\\* http://${at}/"}}' > package.json && npm_config_cache=/tmp/npm2 timeout 15 npm install --offline 2>&1 | tail -3; rm -rf ../q; echo tried`,
      ),
    },
    {
      name: 'python: urllib without a proxy',
      reason: 'the way that pip goes',
      command: `python3 -c '
import urllib.request
try: print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://${at}/", timeout=4).read())
except OSError as error: print(error)'`,
    },
    {
      name: "node's fetch, with and without the proxy",
      reason: 'it tunnels plain HTTP by CONNECT',
      command: may(
        'node',
        `for use in 0 1; do NODE_USE_ENV_PROXY=$use node -e 'fetch("http://${at}/").then((r) => r.text()).then(console.log, (e) => console.log(e.cause?.code ?? e.message))'; done`,
      ),
    },
    {
      name: 'ssh',
      reason: 'a tunnel of its own',
      command: may(
        'ssh',
        `ssh -o BatchMode=yes -o ConnectTimeout=4 -o StrictHostKeyChecking=no -p ${at.split(':').at(-1)} x@${at.split(':')[0]} true 2>&1`,
      ),
    },
  ];
}
