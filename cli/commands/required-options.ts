import type { Command } from 'commander';

/**
 * Checks required options of a command and its subcommands after the rest of the command line was parsed. Commander
 * checks them first, so it would report a misspelt option as a missing one.
 */
export function checkRequiredOptionsLast(command: Command): void {
  for (const option of command.options.filter(({ mandatory }) => mandatory)) {
    option.makeOptionMandatory(false);
    command.hook('preAction', () => {
      if (command.getOptionValue(option.attributeName()) !== undefined) return;
      command.error(`error: required option '${option.flags}' not specified`);
    });
  }
  for (const subcommand of command.commands) checkRequiredOptionsLast(subcommand);
}
