import type { Command } from 'commander';
import { openResults } from '../../../results/open/open-results.ts';
import { chooseModels } from '../../../results/questions/choose-models.ts';
import { measureDrift } from '../../../results/questions/measure-drift.ts';
import { openStore, resultsSource } from '../../engine/locations.ts';
import { printDrift } from '../../terminal/print-drift.ts';
import { addStoreOptions, type StoreOptions } from '../pipeline-options.ts';

interface DriftOptions extends StoreOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function addDriftCommand(results: Command): void {
  addStoreOptions(results.command('drift'))
    .summary('compare what two models made of the same images')
    .description(
      'Compare two models on the images that both have classified: how often they agree, which labels became which, and ' +
        'the images with another label of which both are surest. Between models without a label in common the table of ' +
        'labels is a cross-tabulation. Deleted images are left out.',
    )
    .option('--from <model>', 'the beginning of a model id; the older of the two where there are just two')
    .option('--to <model>', 'the same, of the model to compare it with')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch results drift --from googlenet@ --to googlenet-int8 --store .cache/store\n',
    )
    .action(async (_: unknown, command: Command) => {
      const { store, from, to, json, ...aws } = command.optsWithGlobals<DriftOptions>();
      const results = await openResults(resultsSource(openStore(store, aws)));
      try {
        const models = await chooseModels(results, { from, to });
        const found = await measureDrift(results, models.from, models.to);
        if (json) console.log(JSON.stringify(found));
        else printDrift(found, process.stdout.columns);
      } finally {
        await results.close();
      }
    });
}
