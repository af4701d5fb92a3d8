import type { Command } from 'commander';
import { helpText } from '../help-text.ts';
import { addBuildCommand } from './build.ts';
import { addEnsembleCommand } from './ensemble.ts';
import { addFinetuneCommand } from './finetune.ts';
import { addImportCommand } from './import.ts';
import { addInspectCommand } from './inspect.ts';
import { addListCommand } from './list.ts';
import { addOptimizeCommand } from './optimize.ts';
import { addPullCommand } from './pull.ts';
import { addQuantizeCommand } from './quantize.ts';
import { addTrainCommand } from './train.ts';
import { addVerifyCommand } from './verify.ts';

export function addModelCommand(program: Command): void {
  const model = program
    .command('model')
    .summary('list, download, build, import, combine, optimize, quantize, train and verify models')
    .description('List, download, build, import, combine, optimize, quantize, train and verify models.')
    .addHelpText('after', helpText({ examples: ['model list'], exitCodes: { 0: 'the work was done' } }));
  for (const add of [
    addListCommand,
    addPullCommand,
    addBuildCommand,
    addImportCommand,
    addEnsembleCommand,
    addInspectCommand,
    addOptimizeCommand,
    addQuantizeCommand,
    addTrainCommand,
    addFinetuneCommand,
    addVerifyCommand,
  ])
    add(model);
}
