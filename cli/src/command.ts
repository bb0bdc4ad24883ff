import type { Command } from 'commander';
import type { Context } from './context.ts';

/** What a command's file exports as `command`: adds its arguments, options and action to `target`. */
export type Define = (target: Command, context: Context, exit: (code: number) => void) => void;

export interface JsonOption {
  json?: true;
}

/** Of every subcommand that has something to print for a script. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}
