import type { Command } from 'commander';
import type { PipelineOptions } from '../engine/run/run.ts';
import { watch } from '../engine/run/watch.ts';
import { printSummary } from '../terminal/print-summary.ts';
import { withRunDisplay } from '../terminal/with-display.ts';
import { helpText } from './help-text.ts';
import { addPipelineOptions, jobOption } from './pipeline-options.ts';

export function addWatchCommand(program: Command): void {
  addPipelineOptions(program.command('watch'))
    .argument('<folder>', 'the folder to watch')
    .summary('classify existing and new images of a folder')
    .description(
      'Classify existing, new and changed images of a folder until interrupted. Removed images are marked as ' +
        'deleted. Images that an earlier run has finished are skipped, and so are hidden files.',
    )
    .addOption(jobOption())
    .addHelpText(
      'after',
      helpText({
        examples: ['watch ./drop'],
        exitCodes: {
          0: 'ended by Ctrl-C, and every image has a row',
          1: 'an error, or images are left',
          130: undefined,
        },
      }),
    )
    .action(async (folder: string, options: PipelineOptions & { readonly json?: boolean }) => {
      const summary = await withRunDisplay(options.json === true, (hooks) => watch(folder, options, hooks));
      if (options.json) console.log(JSON.stringify(summary));
      else printSummary(summary, options);
      process.exitCode = summary.pending === 0 ? 0 : 1;
    });
}
