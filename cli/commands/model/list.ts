import type { Command } from 'commander';
import { modelCache } from '../../../model/catalog/model-cache.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { listModels } from '../../engine/models/list-models.ts';
import { printModels } from '../../terminal/print-models.ts';
import { terminalColumns } from '../../terminal/terminal-columns.ts';
import { helpText } from '../help-text.ts';

export function addListCommand(model: Command): void {
  model
    .command('list')
    .summary('list the models that are opened by name')
    .description(
      'List the models that every --model takes by name: labels, accuracy, license, size of the download, and whether ' +
        'they are in the cache. Models of your own catalog, which INCEPTION_CATALOG names, are listed too. Never uses ' +
        'the network.',
    )
    .option('--json', 'print the list as JSON, with files, digests and addresses')
    .addHelpText('after', helpText({ examples: ['model list'], exitCodes: { 0: 'listed' } }))
    .action(async ({ json }: { json?: boolean }) => {
      const cache = modelCache();
      const models = await listModels(cache, (notice) => {
        console.error(`warning: ${notice}; "${programName()} model pull <name>" reads it`);
      });
      if (json) console.log(JSON.stringify({ cache: cache.models, downloads: cache.downloads, models }));
      else printModels(models, cache.models, terminalColumns());
    });
}
