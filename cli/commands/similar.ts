import { type Command, InvalidArgumentError } from 'commander';
import { openResults, type Results } from '../../results/open/open-results.ts';
import { locationName, openStore, resultsSource, userCacheFolder } from '../engine/locations.ts';
import type { IndexLocation, SearchOptions } from '../engine/similar/search-for.ts';
import { interruption } from '../terminal/interruption.ts';
import { addStoreOptions, positiveInteger, type StoreOptions } from './pipeline-options.ts';

interface SimilarOptions extends StoreOptions, SearchOptions {
  readonly duplicates?: boolean;
}

export function addSimilarCommand(program: Command): void {
  const command = addStoreOptions(program.command('similar'))
    .argument('[image]', 'a file (with --model), or the key or id of an image in the results')
    .summary('images that look like another, and near-duplicates')
    .description(
      'Find the images whose embeddings are most similar to that of an image, by cosine, among the classified images ' +
        'of one model that are not deleted. More than 50,000 are searched by an index, which is built once, kept in the ' +
        "user's cache folder and completed when there are new images.",
    )
    .option('--model <dir>', 'model directory that computes the embedding of a file; the results must be of that model')
    .option('--embedding-model <name>', 'name@digest of the model whose embeddings are searched; that of most images')
    .option('--limit <n>', 'images, or groups of them, to print', positiveInteger, 10)
    .option('--min <cosine>', 'only as similar as this; 0.98 with --duplicates', cosine)
    .option('--job <name>', 'only images of this job')
    .option('--label <label>', 'only images of this label, by its name or id')
    .option('--exact', 'compare with every image, without an index')
    .option('--duplicates', 'instead of an image: groups of images that are almost the same')
    .option('--json', 'print one JSON object a line, and no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch similar ./heron.jpg --model .cache/googlenet --store .cache/store\n' +
        '  $ inception-batch similar birds/heron.jpg --store .cache/store --min 0.8 --json\n' +
        '  $ inception-batch similar --duplicates --store s3://results/drop\n' +
        '\nExit code: 0 the search was done, also where nothing is as similar as --min; 1 a fault; 130 interrupted.\n',
    )
    .action(async (image: string | undefined, options: SimilarOptions) => {
      if ((image === undefined) !== (options.duplicates === true)) {
        command.error('error: expected either an image or --duplicates');
      }
      const stray = (['model', 'job', 'label'] as const).find((name) => options[name] !== undefined);
      if (options.duplicates === true && stray !== undefined) {
        command.error(`error: --${stray} goes with an image, not with --duplicates`);
      }
      const store = openStore(options.store, options);
      const { stop, release } = interruption();
      const results = await openResults(resultsSource(store));
      const place = { storeName: locationName(store), cacheFolder: userCacheFolder('similar'), stop };
      try {
        await search(image, results, place, options);
      } catch (error) {
        if (!stop.aborted) throw error;
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 130;
      } finally {
        release();
        await results.close();
      }
    });
}

/** The library of the index is loaded here only: the other commands run where it has no binary, too. */
async function search(
  image: string | undefined,
  results: Results,
  place: IndexLocation,
  options: SearchOptions,
): Promise<void> {
  const { searchDuplicates } = await import('../engine/similar/search-duplicates.ts');
  const { searchFor } = await import('../engine/similar/search-for.ts');
  if (image === undefined) await searchDuplicates(results, place, options);
  else await searchFor(image, results, place, options);
}

function cosine(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from -1 to 1, such as 0.9.');
}
