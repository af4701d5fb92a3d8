import type { Command } from 'commander';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { printInspection } from '../../terminal/print-inspection.ts';

export function addInspectCommand(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'model directory or .onnx file')
    .summary('show the layers and sizes of a model')
    .description(
      'Show the inputs, outputs and operators of a model, and a table of its layers with output size, depth, ' +
        'parameters, multiply-adds and receptive field. Parallel branches, as in an inception module, share a row; ' +
        '--json lists every layer.',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  $ inception-batch model inspect .cache/googlenet\n')
    .action(async (path: string, options: { json?: boolean }) => {
      const summary = await inspectModel(path);
      if (options.json) console.log(JSON.stringify(summary));
      else printInspection(summary, process.stdout.isTTY ? process.stdout.columns : undefined);
    });
}
