import type { Command } from 'commander';
import { suggest } from '../engine/suggest.ts';

/**
 * Gives every command with subcommands a `help` that takes a whole path, such as `help model import`, and rejects unknown
 * names. Commander's own takes one name, and prints the general help for an unknown one.
 */
export function addHelpCommands(command: Command): void {
  if (command.commands.length === 0) return;
  for (const subcommand of command.commands) addHelpCommands(subcommand);
  rejectUnknownNames(command);
  command
    .helpCommand(false)
    .command('help [command...]')
    .summary('show the help of a command')
    .description('Show the help of a command, such as that of "help model import".')
    .helpOption(false)
    .action((names: readonly string[]) => names.reduce(subcommandOf, command).outputHelp());
}

/** A command that also works without a subcommand would count a mistyped one as an argument too many. */
function rejectUnknownNames(command: Command): void {
  command.allowExcessArguments(true).hook('preAction', (_, action) => {
    const [name] = action.args;
    if (action === command && name !== undefined) subcommandOf(command, name);
  });
}

function subcommandOf(command: Command, name: string): Command {
  const found = command.commands.find((each) => each.name() === name);
  if (found !== undefined) return found;
  const names = command.commands.map((each) => each.name());
  const nearest = suggest(name, names);
  return command.error(
    `error: unknown command '${name}'${nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`}`,
  );
}
