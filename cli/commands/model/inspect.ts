import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { expandBlocks } from '../../../model/inspect/expand-blocks.ts';
import { inspectModel } from '../../../model/inspect/inspect-model.ts';
import { inspectPrinciples } from '../../../model/inspect/principles/inspect-principles.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { printInspection } from '../../terminal/print-inspection.ts';
import { printPrinciples } from '../../terminal/print-principles.ts';
import { terminalColumns, textColumns } from '../../terminal/terminal-columns.ts';
import { helpText } from '../help-text.ts';

export function addInspectCommand(model: Command): void {
  model
    .command('inspect')
    .argument('<model>', 'a model by name or directory, or an .onnx file')
    .summary('show the layers and sizes of a model')
    .description(
      'Show the inputs, outputs and operators of a model, and a table of its layers with output size, depth, ' +
        'parameters, multiply-adds and receptive field. Parallel branches, as in an inception module, share a row; ' +
        '--layers shows each of their layers. --principles reads the network by the four general design principles of the ' +
        'Inception v3 paper, and names the layers that break one.',
    )
    .option('--principles', 'show bottlenecks, early strides, convolutions without reduction, and balance instead')
    .option('--layers', 'show every layer inside a block in its own row')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model inspect googlenet',
          'model inspect ./my-model --layers',
          'model inspect googlenet --principles',
        ],
        exitCodes: { 0: 'shown, with or without findings' },
      }),
    )
    .action(async (text: string, options: { principles?: boolean; layers?: boolean; json?: boolean }) => {
      const path = await pathOf(text, options.json === true);
      const json = options.json === true;
      if (options.principles) {
        const principles = await inspectPrinciples(path);
        if (json) console.log(JSON.stringify(principles));
        else printPrinciples(principles, textColumns());
        return;
      }
      const summary = await inspectModel(path);
      const { layers } = summary;
      if (json) console.log(JSON.stringify(summary));
      else if (options.layers && layers)
        printInspection({ ...summary, layers: expandBlocks(layers) }, terminalColumns());
      else printInspection(summary, terminalColumns());
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
