// `node ask.mjs <url> [<Host header>]` prints status and body of the answer, or the code of the error. The tests run it
// on this machine, and as `node -e` in the containers.
import { get } from 'node:http';

const [url, host] = process.argv.slice(process.argv[1]?.endsWith('ask.mjs') ? 2 : 1);
const PATIENCE_MS = 2_500; // what is filtered answers nothing at all

const end = (how) => {
  console.log(how);
  process.exit(); // a name that is still being looked up would keep it alive
};
const request = get(url, host ? { headers: { host } } : {}, async (response) => {
  end(`${response.statusCode} ${Buffer.concat(await response.toArray()).toString()}`);
});
setTimeout(() => end('timeout'), PATIENCE_MS);
request.on('error', (error) => end(error.code));
