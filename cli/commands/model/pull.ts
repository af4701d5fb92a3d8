import type { Command } from 'commander';
import type { DecodeRule } from '../../../shared/models/decode-rule.ts';
import { pullModels } from '../../engine/models/pull-models.ts';
import { UsageError } from '../../engine/usage-error.ts';
import { countOf } from '../../terminal/count-of.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { helpText } from '../help-text.ts';
import { decodeOption } from './decode-option.ts';
import { overwriteModelOption } from './overwrite-option.ts';

interface PullCommandOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly decode?: DecodeRule;
  readonly json?: boolean;
}

export function addPullCommand(model: Command): void {
  model
    .command('pull')
    .argument('[name...]', 'names of "model list" (default: INCEPTION_MODEL, or googlenet)')
    .summary('make a model ready before its first use')
    .description(
      "Download a model of the catalog into the user's cache folder, check the digests of its files, import and optimize " +
        'it. Every command that takes --model does this on the first use of a name. A file that is already in the cache ' +
        'is not downloaded again; an interrupted download is resumed.',
    )
    .option('--out <dir>', 'copy the model directory, for example for a deployment')
    .addOption(overwriteModelOption())
    .addOption(decodeOption('that of the model; needs --out'))
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'model pull',
          'model pull googlenet --out ./googlenet-model',
          'model pull googlenet --decode scaled --out ./fast-model',
        ],
        exitCodes: { 0: 'every model is ready' },
      }),
    )
    .action(async (names: string[], { out, overwrite, decode, json = false }: PullCommandOptions) => {
      if (out !== undefined && new Set(names).size > 1) {
        throw new UsageError('--out takes one model: give one name');
      }
      if (decode !== undefined && out === undefined) {
        throw new UsageError('--decode changes a copy of the model: give --out, and use that folder as --model');
      }
      const pulled = await withModelProgress(json, (hooks) => pullModels(names, { out, overwrite, decode }, hooks));
      if (json) {
        console.log(JSON.stringify(pulled));
        return;
      }
      for (const { model, labels, directory } of pulled)
        console.log(`${model} in ${directory}: ${countOf(labels, 'label')}`);
    });
}
