import type { Command } from 'commander';

/**
 * Has a command and those below it miss a required option only once the rest of the command line is understood: the
 * library looks for it first, so that a misspelt option would be reported as the one that is missing.
 */
export function checkRequiredOptionsLast(command: Command): void {
  for (const option of command.options.filter(({ mandatory }) => mandatory)) {
    option.makeOptionMandatory(false);
    command.hook('preAction', () => {
      if (command.getOptionValue(option.attributeName()) !== undefined) return;
      command.error(`error: required option '${option.flags}' not specified`);
    });
  }
  for (const below of command.commands) checkRequiredOptionsLast(below);
}
