import type { Define } from '../command.ts';
import { print } from '../terminal.ts';

export const command: Define = (target, context) => {
  target.action(() => print(context.terminal, context.version));
};
