/**
 * The health check of every container: `node health.cjs <url>` ends with 0 where the address answers 200. Node's own,
 * since the images hold neither curl nor wget. It runs every few seconds for ever, so it is made to cost little: as
 * CommonJS, without `fetch`, it takes half of the time that an ES module does.
 */
const { get } = require('node:http');

const TIMEOUT_MS = 4_000; // below the timeout that docker-compose.yml sets, so that the reason is told

const asked = get(process.argv[2], (response) => {
  response.resume();
  if (response.statusCode !== 200) fail(`it answers ${response.statusCode}`);
});
asked.setTimeout(TIMEOUT_MS, () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
asked.on('error', (error) => fail(error.message));

function fail(reason) {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
