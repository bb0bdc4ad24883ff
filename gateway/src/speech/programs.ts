/** Programs of this machine that speak and encode: `espeak-ng`, and `ffmpeg` or `opusenc` for Opus in Ogg. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SpeechError } from './speech-error.ts';

const TIMEOUT_MS = 60_000;
const MOST_BYTES = 200_000_000; // an hour of WAV
const ENCODERS = {
  ffmpeg: [
    '-hide_banner',
    '-loglevel',
    'error',
    '-i',
    'pipe:0',
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-ac',
    '1',
    '-f',
    'ogg',
    'pipe:1',
  ],
  opusenc: ['--quiet', '--bitrate', '32', '-', '-'], // takes WAV alone
} as const;

/** Whether a program is on the PATH. */
export function hasProgram(name: string, path = process.env.PATH ?? ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @returns WAV. @throws SpeechError; the reason of the signal */
export function speakByProgram(
  text: string,
  voice: string | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // By standard input: an argument could be taken for an option, and is seen in the list of processes.
  return run('espeak-ng', ['-v', voice ?? 'en', '--stdin', '--stdout'], Buffer.from(text), signal);
}

/** @returns Opus in Ogg; null where this machine has nothing to make it of these bytes. @throws the reason of the signal */
export async function encoded(sound: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
  const isWav = Buffer.from(sound.subarray(0, 4)).toString('latin1') === 'RIFF';
  for (const [program, parameters] of Object.entries(ENCODERS)) {
    if ((program === 'opusenc' && !isWav) || !hasProgram(program)) continue;
    try {
      return await run(program, parameters, sound, signal);
    } catch (error) {
      if (!(error instanceof SpeechError)) throw error;
    }
  }
  return null;
}

function run(
  program: string,
  parameters: readonly string[],
  input: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const failed = (why: string, cause?: unknown) =>
    new SpeechError(`${program} ${why}`, { passing: false, cause });
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH },
      signal: AbortSignal.any([signal, limit]),
      killSignal: 'SIGKILL',
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > MOST_BYTES) child.kill('SIGKILL');
      else pieces.push(piece);
    });
    child.stdin.on('error', () => undefined); // it has ended; how, its exit says
    child.on('error', (error) => {
      reject(
        signal.aborted
          ? signal.reason
          : failed(limit.aborted ? 'took too long.' : 'could not be run.', error),
      );
    });
    child.on('close', (code) => {
      if (code === 0 && bytes > 0) resolve(Buffer.concat(pieces));
      else reject(failed(`ended with ${code}.`));
    });
    child.stdin.end(input);
  });
}
