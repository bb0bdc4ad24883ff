/** Prints completion for a shell, made from the commands as they are. See `completion/`. */
import { Argument } from 'commander';
import type { Define } from '../command.ts';
import { print } from '../terminal.ts';

export const command: Define = (target, context) => {
  target
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nFor the shell that runs now:\n  source <(./mobyclaw completion bash)        (zsh the same)\n  ./mobyclaw completion fish | source',
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { fullProgram } = await import('../program.ts');
      const { completionScript } = await import('../completion/script.ts');
      print(context.terminal, completionScript(await fullProgram(context), shell));
    });
};
