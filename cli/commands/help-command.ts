import type { Command } from 'commander';
import { suggest } from '../../shared/failures/suggest.ts';
import { helpText } from './help-text.ts';

/**
 * Gives every command with subcommands a `help` that takes a whole path, such as `help model import`, and rejects unknown
 * names. Commander's own takes one name, and prints the general help for an unknown one.
 */
export function addHelpCommands(command: Command): void {
  if (command.commands.length === 0) return;
  for (const subcommand of command.commands) addHelpCommands(subcommand);
  rejectUnknownNames(command);
  const example = [...pathOf(command), 'help', command.commands[0]?.name()].join(' ');
  command
    .helpCommand(false)
    .command('help [command...]')
    .summary('show the help of a command')
    .description('Show the help of a command, such as that of "help model import".')
    .addHelpText('after', helpText({ examples: [example], exitCodes: { 0: 'printed', 130: undefined } }))
    .action((names: readonly string[]) => names.reduce(subcommandOf, command).outputHelp());
}

/** The names of a command and those above it, without the program. */
function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
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
