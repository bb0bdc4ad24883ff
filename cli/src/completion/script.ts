/**
 * Completion scripts from the tree of commands: words of commands, their options, and the values of options and
 * arguments that have choices; files everywhere else. One table of paths and words serves all three shells.
 */
import { quoted } from '@mobyclaw/lib/shell-quote';
import type { Command } from 'commander';

type Shell = 'bash' | 'zsh' | 'fish';

interface Place {
  /** Words after the program's name that lead here; '' for the program itself. */
  path: string;
  commands: { name: string; summary: string }[];
  options: { name: string; summary: string }[];
  /** Choices of an argument. */
  values: string[];
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '');
  return shell === 'fish' ? fish(places) : bash(places, shell);
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.filter((child) => child.name() !== '');
  const place: Place = {
    path,
    commands: commands.map((child) => ({ name: child.name(), summary: child.description() })),
    options: [
      ...command.options.flatMap(({ long, description }) =>
        long ? [{ name: long, summary: description }] : [],
      ),
      { name: '--help', summary: 'show help' },
    ],
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [place, ...commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim()))];
}

/** zsh reads bash's own form through bashcompinit. */
function bash(places: readonly Place[], shell: 'bash' | 'zsh'): string {
  const cases = places.map(({ path, commands, options, values }) => {
    const words = [...commands.map(({ name }) => name), ...values].join(' ');
    return `    ${quoted(path)}) words=${quoted(words)}; options=${quoted(options.map(({ name }) => name).join(' '))} ;;`;
  });
  const paths = places.map(({ path }) => path).filter(Boolean);
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_mobyclaw() {
  local word=\${COMP_WORDS[COMP_CWORD]} path='' words='' options='' next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in -*) continue ;; esac
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case $next in
      ${paths.map(quoted).join(' | ')}) path=$next ;;
      *) break ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _mobyclaw mobyclaw ./mobyclaw
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options, values }) => {
    const here = `-n ${quoted(`test "$(__mobyclaw_path)" = "${path}"`)}`;
    return [
      ...commands.map(
        ({ name, summary }) => `complete -c mobyclaw -f ${here} -a ${quoted(name)} -d ${quoted(summary)}`,
      ),
      ...values.map((value) => `complete -c mobyclaw -f ${here} -a ${quoted(value)}`),
      ...options.map(
        ({ name, summary }) => `complete -c mobyclaw ${here} -l ${name.slice(2)} -d ${quoted(summary)}`,
      ),
    ];
  });
  const paths = places.map(({ path }) => path).filter(Boolean);
  return `function __mobyclaw_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    set -l next (string trim -- "$path $word")
    contains -- $next ${paths.map(quoted).join(' ')}; or break
    set path $next
  end
  echo $path
end
${lines.join('\n')}
`;
}
