import { type Command, InvalidArgumentError } from 'commander';
import type { Results } from '../../results/open/open-results.ts';
import { checkJob } from '../../results/questions/stored-jobs.ts';
import { checkLabel } from '../../results/questions/stored-labels.ts';
import type { IndexProgress } from '../../results/similar/index/sync-index.ts';
import { boxAdvice, parseBox } from '../../shared/regions/parse-box.ts';
import type { Box } from '../../shared/regions/region.ts';
import { userCacheFolder } from '../../shared/stores/local/user-cache-folder.ts';
import { awsOf, followUp } from '../engine/follow-up.ts';
import { locationName, type OpenedLocation, resultsSource, type StoreOptions } from '../engine/locations.ts';
import { requireRegions } from '../engine/regions/require-regions.ts';
import type { RegionOptions } from '../engine/similar/search-regions.ts';
import { withResults } from '../engine/with-results.ts';
import { countProgress } from '../terminal/count-progress.ts';
import { hitJson } from '../terminal/hit-json.ts';
import { interruptible } from '../terminal/interruption.ts';
import { modelProgress } from '../terminal/model-progress.ts';
import {
  printDuplicates,
  printOtherModels,
  printOtherRegions,
  printSimilar,
  printSimilarRegions,
} from '../terminal/print-similar.ts';
import { terminalColumns } from '../terminal/terminal-columns.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions, positiveInteger } from './pipeline-options.ts';

interface CommandOptions extends StoreOptions, RegionOptions {
  readonly duplicates?: boolean;
  readonly regions?: boolean;
  readonly json?: boolean;
}

export function addSimilarCommand(program: Command): void {
  const command = addStoreOptions(program.command('similar'))
    .argument('[image]', 'a file (with --model), or the key or id of an image in the results')
    .summary('find similar images or regions, or near-duplicates')
    .description(
      'Find the images whose embeddings have the highest cosine similarity to that of an image, among the classified ' +
        'images of one model that are not deleted. More than 50,000 images are searched with an index. It is built ' +
        "once, kept in the user's cache folder, and updated when there are new images. With --regions, find the " +
        'regions of images that are most similar to an image or to a box in it, by exact search.',
    )
    .option(
      '--model <name>',
      'model of the results, by name or directory, to compute the embedding of a file (default: if it was used on this machine)',
    )
    .option(
      '--embedding-model <name>',
      'stored model whose embeddings are searched: its name, or the start of its id (default: the most used that ' +
        'classified the image; of several, the latest)',
    )
    .option('--regions', 'find regions of images, of a run with --regions')
    .option(
      '--box <x,y,width,height>',
      'with --regions, search for this part of the image, in pixels: any part of a file, or a region of an image in the ' +
        'results',
      box,
    )
    .option('--limit <n>', 'images, regions or groups to print', positiveInteger, 10)
    .option('--min <cosine>', 'lowest similarity to print (default with --duplicates: 0.98)', cosine)
    .option('--job <name>', 'only images of this job')
    .option('--label <label>', 'only images, or regions, with this label, by name or id')
    .option('--exact', 'exact search, without an index')
    .option('--duplicates', 'find groups of near-duplicates instead')
    .option('--json', 'print a line of JSON per image, region or group, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'similar ./heron.jpg',
          'similar birds/heron.jpg --min 0.8 --json',
          'similar ./heron.jpg --regions --box 40,30,200,150',
          'similar --duplicates --store s3://results/drop',
        ],
        exitCodes: {
          0: 'the search succeeded, even if nothing reaches --min',
          1: 'an error, or an unknown image, job, label or model',
        },
      }),
    )
    .action(async (image: string | undefined, options: CommandOptions) => {
      if ((image === undefined) !== (options.duplicates === true)) {
        command.error('error: give either an image or --duplicates');
      }
      const misplaced = (['model', 'job', 'label', 'regions', 'box'] as const).find(
        (name) => options[name] !== undefined,
      );
      if (options.duplicates === true && misplaced !== undefined) {
        command.error(`error: --${misplaced} applies to an image, not to --duplicates`);
      }
      if (options.box !== undefined && options.regions !== true) {
        command.error('error: --box is for regions: give --regions');
      }
      await interruptible(async (stop) => {
        try {
          const search = options.regions === true ? searchRegions : searchImages;
          const find = async (results: Results, store: OpenedLocation) => {
            await checkJob(results, { source: resultsSource(store), name: options.store }, options.job);
            if (options.regions === true) await requireRegions(results, store, options);
            await checkLabel(results, options.store, options.label, options.regions === true ? 'region' : 'image');
            await search(image, results, { storeName: locationName(store), stop }, options);
          };
          await withResults(options, find, { regionEmbeddings: options.regions === true });
        } catch (error) {
          if (!stop.aborted) throw error;
          console.error(error instanceof Error ? error.message : error);
          process.exitCode = 130;
        }
      });
    });
}

/** The index library is loaded only here, so that other commands run where it has no binary. */
async function searchImages(
  image: string | undefined,
  results: Results,
  index: { readonly storeName: string; readonly stop: AbortSignal },
  options: CommandOptions,
): Promise<void> {
  const { findDuplicates } = await import('../engine/similar/find-duplicates.ts');
  const { searchImage } = await import('../engine/similar/search-image.ts');
  const { json = false, limit } = options;
  const models = json ? undefined : modelProgress(index.stop);
  const { stop: stopProgress, ...hooks } = json ? silent : indexProgress(image !== undefined);
  const context = {
    ...index,
    ...hooks,
    cacheFolder: userCacheFolder('similar'),
    onDamage: (line: string) => console.error(line),
    labelCommand: resultsCommand(options),
  };
  if (image !== undefined) {
    const found = await searchImage(image, results, context, options, models).finally(() => {
      models?.end();
      stopProgress();
    });
    printOtherModels(found);
    if (json) for (const hit of found.hits) console.log(JSON.stringify(hitJson(hit)));
    else printSimilar(image, found, terminalColumns());
    return;
  }
  const shown = json ? { groups: Infinity, images: Infinity } : { groups: limit, images: maxImagesPerGroup };
  const found = await findDuplicates(results, context, options, shown).finally(stopProgress);
  printOtherModels(found);
  if (!json) printDuplicates(found, terminalColumns());
  else for (const group of found.groups) console.log(JSON.stringify({ ...group, images: group.images.map(hitJson) }));
}

async function searchRegions(
  image: string | undefined,
  results: Results,
  { storeName, stop }: { readonly storeName: string; readonly stop: AbortSignal },
  options: CommandOptions,
): Promise<void> {
  if (image === undefined) return;
  const { searchRegions: find } = await import('../engine/similar/search-regions.ts');
  const models = options.json ? undefined : modelProgress(stop);
  const context = { storeName, labelCommand: resultsCommand(options) };
  const found = await find(image, results, context, options, models).finally(() => models?.end());
  printOtherRegions(found);
  if (!options.json) printSimilarRegions(image, found, terminalColumns());
  else for (const hit of found.hits) console.log(JSON.stringify(hitJson(hit)));
}

function resultsCommand(options: CommandOptions): (label: string) => string {
  return (label) => followUp('results', { store: options.store, label, ...awsOf(options) });
}

const maxImagesPerGroup = 20;
/** Indexing this many images takes about ten seconds. */
const longToIndex = 20_000;

const silent = { stop() {} };

/** Progress of an index and of comparisons. @param canBeExact whether `--exact` would avoid the index */
function indexProgress(canBeExact: boolean) {
  const [indexed, compared] = [countProgress('indexed'), countProgress('compared')];
  let isAnnounced = !canBeExact;
  return {
    onProgress({ done, missing }: IndexProgress) {
      if (!isAnnounced && missing > longToIndex) {
        console.error(`indexing ${missing} images first, once; --exact searches without an index`);
      }
      isAnnounced = true;
      indexed.show(done, missing);
    },
    onCompared(done: number, total: number) {
      indexed.stop();
      compared.show(done, total);
    },
    stop() {
      indexed.stop();
      compared.stop();
    },
  };
}

function cosine(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError('Give a number from -1 to 1, such as 0.9.');
}

function box(text: string): Box {
  const parsed = parseBox(text);
  if (parsed === undefined) throw new InvalidArgumentError(`Give ${boxAdvice}.`);
  return parsed;
}
