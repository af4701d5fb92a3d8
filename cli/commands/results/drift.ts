import type { Command } from 'commander';
import { chooseModels } from '../../../results/questions/choose-models.ts';
import { measureDrift } from '../../../results/questions/measure-drift.ts';
import { displayLabel } from '../../../shared/models/label-name.ts';
import type { StoreOptions } from '../../engine/locations.ts';
import { withResults } from '../../engine/with-results.ts';
import { printDrift } from '../../terminal/print-drift.ts';
import { helpText } from '../help-text.ts';
import { addStoreOptions } from '../pipeline-options.ts';

interface DriftOptions extends StoreOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function addDriftCommand(results: Command): void {
  addStoreOptions(results.command('drift'))
    .summary('compare the results of two models')
    .description(
      'Compare two models on the images that both have classified: how often they agree, which labels changed, and ' +
        'the most confident disagreements. If the models have no label in common, the table of labels is a ' +
        'cross-tabulation. Deleted images are skipped.',
    )
    .option('--from <model>', 'first model: its name, or the start of its id (default: the older one of two)')
    .option('--to <model>', 'second model: its name, or the start of its id')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      helpText({
        examples: ['results drift --from googlenet --to googlenet-int8'],
        exitCodes: { 0: 'compared', 1: 'an error, or an unknown model' },
      }),
    )
    .action(async (_: unknown, command: Command) => {
      const { from, to, json, ...options } = command.optsWithGlobals<DriftOptions>();
      const drift = await withResults(options, async (results) => {
        const models = await chooseModels(results, { from, to });
        return measureDrift(results, models.from, models.to, json ? undefined : displayLabel);
      });
      if (json) console.log(JSON.stringify(drift));
      else printDrift(drift, process.stdout.columns);
    });
}
