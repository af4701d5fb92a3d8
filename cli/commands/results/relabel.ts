import type { Command } from 'commander';
import { type RelabelOptions, relabelStore } from '../../engine/relabel.ts';
import { withResults } from '../../engine/with-results.ts';
import { printRelabel } from '../../terminal/print-relabel.ts';
import { withRunDisplay } from '../../terminal/with-display.ts';
import { helpText } from '../help-text.ts';
import { addStoreOptions } from '../pipeline-options.ts';

type CommandOptions = Omit<RelabelOptions, 'model'> & { readonly model?: string; readonly json?: boolean };

export function addRelabelCommand(results: Command): void {
  addStoreOptions(results.command('relabel'))
    .summary('apply the labels of a finetuned model to stored images')
    .description(
      'Write a row of a finetuned model for every image that its original model has classified. Rows are computed from ' +
        'the stored embeddings, without reading images. Images that were rejected because of their content are ' +
        'rejected for the new model too; use "run" for other rejected images. Deleted images stay deleted. Images ' +
        'that already have a row are skipped, so the command can be interrupted and repeated. The rows have no ' +
        'regions: use "run --regions" for those of the new model.',
    )
    // Required, but read by "results", whose own --model selects rows.
    .option('--model <name>', 'model made by "model finetune", by directory or name')
    .option(
      '--from <model>',
      'model whose rows are read: a model that --model was finetuned from, by its name or the start of its id; or the ' +
        'directory of a model with other labels on the same network (default: all that --model was finetuned from)',
    )
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: ['results relabel --model ./flowers-model'],
        exitCodes: { 0: 'every classified image has a new row', 1: 'an error, or no classified image' },
      }),
    )
    .action(async (_: unknown, command: Command) => {
      const { json, model, ...others } = command.optsWithGlobals<CommandOptions>();
      // A wrong store is reported first, as by every command.
      if (model === undefined) await withResults(others, async () => {}, { embeddings: false });
      if (model === undefined) command.error("error: required option '--model <name>' not specified");
      const options = { ...others, model };
      const summary = await withRunDisplay(json === true, (hooks) => relabelStore(options, hooks));
      if (json) console.log(JSON.stringify(summary));
      else printRelabel(summary, options);
      process.exitCode = summary.interrupted ? 130 : 0;
    });
}
