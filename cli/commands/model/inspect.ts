import type { Command } from 'commander';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { printInspection } from '../../terminal/print-inspection.ts';

export function addInspectCommand(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'a model directory or an .onnx file')
    .summary('show what is in a model, layer by layer')
    .description(
      'Show what is in a model: inputs, outputs, operators, and a table of its layers with output size, depth, ' +
        'parameters, multiply-adds and receptive field. Layers that lie side by side, as in an inception module, share ' +
        'a row; --json lists each.',
    )
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  $ inception-batch model inspect .cache/googlenet\n')
    .action(async (path: string, options: { json?: boolean }) => {
      const summary = await inspectModel(path);
      if (options.json) console.log(JSON.stringify(summary));
      else printInspection(summary, process.stdout.isTTY ? process.stdout.columns : undefined);
    });
}
