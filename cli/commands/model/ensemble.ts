import type { Command } from 'commander';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { modelDirectory } from '../../engine/models/open-model.ts';
import { withModelProgress } from '../../terminal/model-progress.ts';
import { ensembleJson, printEnsemble } from '../../terminal/print-ensemble.ts';
import { helpText } from '../help-text.ts';
import { overwriteModelOption } from './overwrite-option.ts';

interface EnsembleCommandOptions {
  readonly out: string;
  readonly embeddingOf?: string;
  readonly name?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function addEnsembleCommand(model: Command): void {
  model
    .command('ensemble')
    .argument('<models...>', 'two or more float models by name or directory')
    .summary('combine models into one that averages their probabilities')
    .description(
      'Combine models of the same labels into one network: its probabilities are the mean of theirs, and its embedding ' +
        'is theirs, one after the other. Labels may have another order. Means, scales and color orders may differ; ' +
        'smaller images are cut out of the largest one or resized from it. Optimize or quantize the result like any ' +
        'other model.',
    )
    .requiredOption('--out <dir>', 'model directory to write')
    .addOption(overwriteModelOption())
    .option('--embedding-of <model>', 'keep the embedding of this model only (default: all)')
    .option('--name <name>', 'name of the new model (default: ensemble)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: ['model ensemble ./flowers-a ./flowers-b ./flowers-c \\\n--out ./flowers-ensemble'],
        exitCodes: { 0: 'combined' },
      }),
    )
    .action(async (models: readonly string[], options: EnsembleCommandOptions) => {
      const { out, embeddingOf, name, overwrite, json = false } = options;
      if (embeddingOf !== undefined && !models.includes(embeddingOf)) {
        throw new UserError(`--embedding-of ${embeddingOf} is not one of the models: give one of ${models.join(', ')}`);
      }
      const directories = new Map<string, string>();
      for (const text of models) {
        const directory = withModelProgress(json, (hooks) => modelDirectory(text, { hooks, form: 'imported' }));
        directories.set(text, await directory);
      }
      const sources = models.map((text) => directories.get(text) ?? text);
      const kept = embeddingOf === undefined ? undefined : directories.get(embeddingOf);
      const result = await ensembleModel({ sources, embeddingOf: kept, name, out, overwrite });
      if (json) console.log(JSON.stringify(ensembleJson(result)));
      else printEnsemble(result);
    });
}
