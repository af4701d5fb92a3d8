import type { Command } from 'commander';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { printInspection } from '../../terminal/print-inspection.ts';

export function addInspectCommand(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'a model directory or an .onnx file')
    .description('Show what is in a model: inputs, outputs, operators, parameters.')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  $ inception-batch model inspect .cache/googlenet\n')
    .action(async (path: string, options: { json?: boolean }) => {
      const summary = await inspectModel(path);
      if (options.json) console.log(JSON.stringify(summary));
      else printInspection(summary);
    });
}
