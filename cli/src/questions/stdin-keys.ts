/** Keys of a terminal that nothing else reads, for the time of a question. */
import { StringDecoder } from 'node:string_decoder';
import type { Terminal } from '../terminal.ts';
import type { Keys } from './terminal-questions.ts';

/** @param onInterrupt Ctrl-C, which is no signal while single keys are read @returns null where nobody types, or nobody would see what is asked */
export function stdinKeys({ stdin, stderr }: Terminal, onInterrupt: () => void): Keys | null {
  if (!stdin.isTTY || !stderr.isTTY) return null;
  return {
    capture(take) {
      const decoder = new StringDecoder('utf8');
      const onData = (chunk: Buffer): void => {
        if (take(decoder.write(chunk)).includes('\u0003')) onInterrupt();
      };
      stdin.setRawMode?.(true);
      stdin.on('data', onData);
      stdin.resume();
      return () => {
        stdin.off('data', onData);
        stdin.pause();
        stdin.setRawMode?.(false);
      };
    },
  };
}
