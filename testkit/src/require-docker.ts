import { execFileSync } from 'node:child_process';

const ANSWERS_WITHIN_MS = 20_000;

/**
 * Whether a Docker Engine with Compose v2 answers, for `describe.skipIf(!requireDocker())`. Where it does not the reason
 * is printed; with CI set it is an error instead, so that no test is ever skipped unseen there.
 * @throws in CI, where Docker does not answer
 */
export function requireDocker(environment: NodeJS.ProcessEnv = process.env): boolean {
  const reason = dockerProblem(environment);
  if (reason === null) return true;
  if (environment.CI !== undefined && environment.CI !== '' && environment.CI !== 'false') {
    throw new Error(`These tests need Docker with Compose v2: ${reason}`);
  }
  process.stderr.write(`skipped: some tests need Docker with Compose v2: ${reason}\n`);
  return false;
}

function dockerProblem(env: NodeJS.ProcessEnv): string | null {
  for (const args of [
    ['version', '--format', '{{.Server.Version}}'],
    ['compose', 'version'],
  ]) {
    try {
      execFileSync('docker', args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: ANSWERS_WITHIN_MS });
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: Buffer };
      if (code === 'ENOENT') return 'there is no docker on the PATH';
      return `"docker ${args.join(' ')}" failed: ${stderr?.toString().trim().split('\n').at(-1) || code}`;
    }
  }
  return null;
}
