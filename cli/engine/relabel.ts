import { openHead } from '../../model/finetune/open-head.ts';
import { findRelabelSources } from '../../model/finetune/relabel-sources.ts';
import { storedModels } from '../../results/questions/stored-models.ts';
import { countRelabel, type RelabelCounts } from '../../results/relabel/count-relabel.ts';
import { relabel } from '../../results/relabel/relabel.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { StoreOptions } from './locations.ts';
import { openModel } from './models/open-model.ts';
import { preprocessesWithRegions } from './models/regions-of-model.ts';
import { inPreparedStore } from './prepared-store.ts';
import type { RunHooks } from './run/local-run.ts';
import { withResults } from './with-results.ts';

export interface RelabelOptions extends StoreOptions {
  /** A finetuned model, by name or directory. */
  readonly model: string;
  /** See `findRelabelSources`. */
  readonly from?: string;
}

/** Outcome of relabeling. */
export interface RelabelSummary {
  readonly model: string;
  /** Models whose rows were read. */
  readonly from: readonly string[];
  readonly store: string;
  /** Images to relabel, including those done before. */
  readonly total: number;
  /** Images that already had a row of the model. */
  readonly done: number;
  readonly labelled: number;
  /** Images whose rejection was copied. */
  readonly rejected: number;
  /** Images rejected for a retryable reason: left to a run. */
  readonly untried: number;
  /** Images classified only with another preprocessing: left to a run. */
  readonly otherwise: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/**
 * Writes rows with the labels of a finetuned model, computed from stored embeddings.
 * @throws {UserError} if the model cannot be used, or the store has no rows to relabel
 */
export async function relabelStore(
  options: RelabelOptions,
  { stop, onStart, models }: Pick<RunHooks, 'stop' | 'onStart' | 'models'>,
): Promise<RelabelSummary> {
  const started = performance.now();
  return withResults(options, async (results, store) => {
    const { model } = await openModel(options.model, { hooks: models });
    const sources = await findRelabelSources(model, options.from);
    const stored = new Set((await storedModels(results)).map(({ preprocess }) => preprocess));
    const preprocesses = preprocessesWithRegions(model).filter((preprocess) => stored.has(preprocess));
    const target = { model: model.id, preprocess: model.preprocess };
    const counts = await countRelabel(results, sources, target, preprocesses);
    checkCounts(counts, sources, options.store);
    let [labelled, rejected] = [0, 0];
    const onStored = (rows: readonly ResultRow[]) => {
      const classified = rows.filter(({ status }) => status === 'classified').length;
      labelled += classified;
      rejected += rows.length - classified;
    };
    onStart(() => ({ ...counts, classified: labelled, rejected, reasons: new Map(), deleted: 0 }));
    await inPreparedStore(store, async (prepared) => {
      const writer = new ResultsStore(prepared.objects, prepared);
      const head = await openHead(model);
      try {
        const ports = { results, model, head, writer, now: () => new Date(), stop, onStored };
        await relabel(sources, { ...ports, preprocesses });
      } finally {
        await head.close();
      }
    });
    const { total, done, untried, otherwise } = counts;
    return {
      ...{ model: model.id, from: sources, store: options.store },
      ...{ total, done, labelled, rejected, untried, otherwise },
      seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
      interrupted: stop.aborted && done + labelled + rejected < total,
    };
  });
}

function checkCounts({ total, untried, otherwise }: RelabelCounts, sources: readonly string[], store: string): void {
  if (total > 0) return;
  const others = [
    ...(otherwise > 0 ? [`${otherwise} with another preprocessing, such as other crops`] : []),
    ...(untried > 0 ? [`${untried} rejected for a retryable reason`] : []),
  ];
  const except = others.length === 0 ? '' : `, except ${others.join(' and ')}`;
  throw new UserError(
    `no rows of ${sources.join(' or ')} to relabel in ${store}${except}: "model finetune" with --store or --layers 1 makes a model that can relabel rows of the model it is made from`,
  );
}
