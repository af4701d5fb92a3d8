import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { printInspection } from '../../terminal/print-inspection.ts';
import { helpText } from '../help-text.ts';

export function addInspectCommand(model: Command): void {
  model
    .command('inspect')
    .argument('<model>', 'a model by name or directory, or an .onnx file')
    .summary('show the layers and sizes of a model')
    .description(
      'Show the inputs, outputs and operators of a model, and a table of its layers with output size, depth, ' +
        'parameters, multiply-adds and receptive field. Parallel branches, as in an inception module, share a row; ' +
        '--json lists every layer.',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', helpText({ examples: ['model inspect googlenet'], exitCodes: { 0: 'shown' } }))
    .action(async (path: string, options: { json?: boolean }) => {
      const summary = await inspectModel(await pathOf(path, options.json === true));
      if (options.json) console.log(JSON.stringify(summary));
      else printInspection(summary, process.stdout.isTTY ? process.stdout.columns : undefined);
    });
}

/** A file as it is; the directory of any other model. */
async function pathOf(text: string, quiet: boolean): Promise<string> {
  const isFile = await stat(text).then(
    (stats) => stats.isFile(),
    () => false,
  );
  return isFile ? text : withModelProgress(quiet, (hooks) => modelDirectory(text, { hooks }));
}
