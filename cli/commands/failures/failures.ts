import type { Command } from 'commander';
import { addExportCommand } from './export.ts';
import { addLsCommand } from './ls.ts';
import { addRetryCommand } from './retry.ts';

export function addFailuresCommand(program: Command): void {
  const failures = program
    .command('failures')
    .description('Show which images were rejected and why, export them, try them again.');
  for (const add of [addLsCommand, addExportCommand, addRetryCommand]) add(failures);
}
