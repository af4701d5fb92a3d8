import type { Command } from 'commander';
import { compactStore, type TimedCompaction } from '../engine/compact.ts';
import type { StoreOptions } from '../engine/locations.ts';
import { byteProgress } from '../terminal/byte-progress.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printCompaction } from '../terminal/print-compaction.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions } from './pipeline-options.ts';

export function addCompactCommand(program: Command): void {
  addStoreOptions(program.command('compact'))
    .summary('merge many parts of the results into a few sorted ones')
    .description(
      'Rewrite the parts of the results, day by day, as a few files sorted by bucket and key. Redundant rows, of ' +
        'messages delivered twice or images computed again, are removed. Query results stay the same, and workers ' +
        'can keep writing. Days without new parts are not rewritten. Embeddings of regions are compacted too, without ' +
        'those of deleted images.',
    )
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: ['compact', 'compact --store s3://results/drop --json'],
        exitCodes: { 0: 'compacted', 1: 'an error, nothing is lost', 130: 'interrupted, finished days stay compacted' },
      }),
    )
    .action(async (options: StoreOptions & { readonly json?: boolean }) => {
      const done = await compactWithProgress(options, options.json === true);
      if (options.json) console.log(JSON.stringify(done));
      else printCompaction(done, options.store);
      if (done.interrupted) process.exitCode = 130;
    });
}

async function compactWithProgress(options: StoreOptions, quiet: boolean): Promise<TimedCompaction> {
  const progress = quiet ? undefined : byteProgress('sorted');
  const onProgress = ({ replaced, total }: { replaced: number; total: number }) => {
    if (total > 0) progress?.show(replaced, total);
  };
  return interruptible((stop) => compactStore(options, { stop, onProgress })).finally(() => progress?.stop());
}
