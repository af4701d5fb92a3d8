import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Compaction, compactResults } from '../../results/compact/compact.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openStore, resultsSource } from '../engine/locations.ts';
import { byteProgress } from '../terminal/byte-progress.ts';
import { interruption } from '../terminal/interruption.ts';
import { duration } from '../terminal/words.ts';
import { addStoreOptions, type StoreOptions } from './pipeline-options.ts';

interface CompactOptions extends StoreOptions {
  readonly json?: boolean;
}

/** Bytes of parts that are sorted together: the disk has to hold three times as much beside them. */
const bytesPerRun = 8e9;

export function addCompactCommand(program: Command): void {
  addStoreOptions(program.command('compact'))
    .summary('rewrite many parts of the results as few, sorted, each image once')
    .description(
      'Rewrite the parts of the results, day by day, as a few files sorted by bucket and key, without the rows of ' +
        'messages that came twice or were done again. Every query answers as before, and workers may go on writing ' +
        'meanwhile. Days that have nothing new are left as they are.',
    )
    .option('--json', 'print the outcome as JSON, and no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch compact --store .cache/store\n' +
        '  $ inception-batch compact --store s3://results/drop --json\n' +
        '\nExit code: 0 compacted; 1 a fault, nothing is lost; 130 interrupted, the days that were done stay so.\n',
    )
    .action(async (options: CompactOptions) => {
      const done = await compactStore(options);
      if (options.json) console.log(JSON.stringify(done));
      else printCompaction(done, options.store);
      if (done.interrupted) process.exitCode = 130;
    });
}

async function compactStore(options: CompactOptions): Promise<Compaction & { readonly seconds: number }> {
  const place = openStore(options.store, options);
  const source = resultsSource(place);
  const workFolder = source.kind === 'folder' ? source.path : source.cacheFolder;
  const { stop, release } = interruption();
  const progress = options.json ? undefined : byteProgress('sorted');
  const started = performance.now();
  try {
    if (source.kind === 'remote') await mkdir(workFolder, { recursive: true });
    const done = await compactResults({
      source,
      store: place.objects,
      workFolder,
      bytesPerRun,
      stop,
      onProgress: ({ replaced, total }) => total > 0 && progress?.show(replaced, total),
    });
    if (done.partsBefore === 0) throw new UserError(`no results in ${options.store}: "inception-batch run" makes them`);
    return { ...done, seconds: Number(((performance.now() - started) / 1000).toFixed(1)) };
  } finally {
    progress?.stop();
    release();
  }
}

function printCompaction(
  { partsBefore, partsAfter, rowsRemoved, seconds, interrupted }: Compaction & { readonly seconds: number },
  store: string,
): void {
  const how = interrupted ? ', interrupted' : '';
  const took = `in ${duration(seconds * 1000)}${how}`;
  const parts = partsBefore === 1 ? 'part' : 'parts';
  if (partsAfter === partsBefore && rowsRemoved === 0) {
    console.log(`${partsBefore} ${parts} in ${store}, as few as there can be, ${took}`);
    return;
  }
  const rows =
    rowsRemoved === 0 ? '' : `, without ${rowsRemoved} ${rowsRemoved === 1 ? 'row' : 'rows'} that nobody missed`;
  console.log(`${partsBefore} ${parts} in ${store} became ${partsAfter}${rows}, ${took}`);
}
