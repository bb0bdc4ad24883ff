/** What a real cagent v1.32.3 sent, byte for byte: one stream a file, and a few answers in JSON. `fixtures/README.md` tells how. */
import { join } from 'node:path';

export const CAGENT_RECORDINGS = join(import.meta.dirname, 'fixtures/cagent-recordings');
