import type { Command } from 'commander';
import { type Head, openHead } from '../../../model/finetune/open-head.ts';
import { findRelabelSources } from '../../../model/finetune/relabel-sources.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import { countRelabel, type RelabelCounts } from '../../../results/relabel/count-relabel.ts';
import { relabel } from '../../../results/relabel/relabel.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { openStore, prepareStore, resultsSource } from '../../engine/locations.ts';
import { interruption } from '../../terminal/interruption.ts';
import { printRelabel, type RelabelSummary } from '../../terminal/print-relabel.ts';
import { showProgress } from '../../terminal/progress.ts';
import { addStoreOptions, type StoreOptions } from '../pipeline-options.ts';

interface RelabelOptions extends StoreOptions {
  readonly model: string;
  readonly from?: string;
  readonly json?: boolean;
}

export function addRelabelCommand(results: Command): void {
  addStoreOptions(results.command('relabel'))
    .summary('give stored images the labels of a finetuned model')
    .description(
      'Write a row of a finetuned model for every image that the model it was made from has classified, computed from ' +
        'the stored embedding: no image is read again. Images that were rejected for what their bytes hold are rejected ' +
        'for the new model too; what failed otherwise is left to a run. Deleted images stay deleted. What has a row ' +
        'already is passed over, so that it can be interrupted and repeated.',
    )
    .requiredOption('--model <dir>', 'the finetuned model, as "model finetune" makes it')
    .option(
      '--from <model>',
      'whose rows: the beginning of the id of a model that it was finetuned from, all of them by default; or the ' +
        'directory of a model with other labels on the same network',
    )
    .option('--json', 'print the outcome as JSON, and no progress')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch results relabel --model .cache/flowers --store .cache/store\n' +
        '\nExit code: 0 every such image has a row; 1 a fault, or there is none; 130 interrupted.\n',
    )
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<RelabelOptions>();
      const summary = await relabelStore(options);
      if (options.json) console.log(JSON.stringify(summary));
      else printRelabel(summary);
      process.exitCode = summary.interrupted ? 130 : 0;
    });
}

async function relabelStore(options: RelabelOptions): Promise<RelabelSummary> {
  const started = Date.now();
  const model = await loadModel(options.model);
  const sources = await findRelabelSources(model, options.from);
  const results = await openResults(resultsSource(openStore(options.store, options)));
  try {
    const counts = await countRelabel(results, sources, { model: model.id, preprocess: model.preprocess });
    checkCounts(counts, sources, options.store);
    const head = await openHead(model);
    try {
      return await relabelRows(options, { started, model, sources, results, counts, head });
    } finally {
      await head.close();
    }
  } finally {
    await results.close();
  }
}

interface Opened {
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly model: Model;
  readonly sources: readonly string[];
  readonly results: Results;
  readonly counts: RelabelCounts;
  readonly head: Head;
}

async function relabelRows(options: RelabelOptions, opened: Opened): Promise<RelabelSummary> {
  const { started, model, sources, results, counts, head } = opened;
  const store = openStore(options.store, options);
  await prepareStore(store);
  let [labelled, rejected] = [0, 0];
  const onStored = (rows: readonly ResultRow[]) => {
    const own = rows.filter(({ status }) => status === 'classified').length;
    labelled += own;
    rejected += rows.length - own;
  };
  const now = () => ({ ...counts, classified: labelled, rejected, reasons: new Map(), deleted: 0 });
  const progress = options.json ? undefined : showProgress(now, started);
  const { stop, release } = interruption();
  const writer = new ResultsStore(store.objects, store);
  try {
    await relabel(sources, { results, model, head, writer, now: () => new Date(), stop, onStored });
  } finally {
    progress?.stop();
    release();
  }
  const { total, done, untried, otherwise } = counts;
  const interrupted = stop.aborted && done + labelled + rejected < total;
  const seconds = Number(((Date.now() - started) / 1000).toFixed(3));
  const { store: place } = options;
  return {
    model: model.id,
    from: sources,
    store: place,
    total,
    done,
    labelled,
    rejected,
    untried,
    otherwise,
    seconds,
    interrupted,
  };
}

function checkCounts({ total, untried, otherwise }: RelabelCounts, sources: readonly string[], store: string): void {
  if (total > 0) return;
  const other = otherwise > 0 ? `, but ${otherwise} that were prepared otherwise, as with other crops` : '';
  const failed = untried > 0 ? `, but ${untried} that failed for what may pass` : '';
  throw new UserError(`expected rows of ${sources.join(' or ')} in ${store}, got none${other}${failed}`);
}
