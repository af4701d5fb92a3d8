import type { Command } from 'commander';
import { helpText } from '../help-text.ts';
import { addExportCommand } from './export.ts';
import { addLsCommand } from './ls.ts';
import { addRetryCommand } from './retry.ts';

export function addFailuresCommand(program: Command): void {
  const failures = program
    .command('failures')
    .summary('list, export or retry rejected images')
    .description('List rejected images and the reasons, export them, or retry them.')
    .addHelpText('after', helpText({ examples: ['failures ls'], exitCodes: { 0: 'the work was done' } }));
  for (const add of [addLsCommand, addExportCommand, addRetryCommand]) add(failures);
}
