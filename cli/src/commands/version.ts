import type { Define } from '../program.ts';
import { print } from '../terminal.ts';

export const command: Define = (target, context) => {
  target.action(() => print(context.terminal, context.version));
};
