import { basename, extname, resolve } from 'node:path';
import type { CrossValidation } from '../../../model/finetune/cross-validate.ts';
import { type FinetuneResult, finetunedName, finetuneModel } from '../../../model/finetune/finetune-model.ts';
import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { checkNotSource, checkReplaceable } from '../../../model/replace-directory.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { checkModelName } from '../check-model-name.ts';
import type { AwsOptions } from '../command-watch.ts';
import type { RunDisplay } from '../run/local-run.ts';
import { withResults } from '../with-results.ts';
import { gatherExamples, type LabeledExamples } from './gather-examples.ts';

export interface FinetuneOptions extends AwsOptions {
  /** Location of results to take embeddings from. */
  readonly store?: string;
  /** A folder of class folders, or a CSV file. */
  readonly labels: string;
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  readonly name?: string;
  readonly folds: number;
  readonly seed: number;
}

export interface FinetuneHooks {
  /** Shows the progress of computing embeddings. */
  readonly display: RunDisplay;
  /** Called at the start of each step of the fit. */
  readonly onStep: (step: string) => void;
}

/** Outcome of finetuning. */
export interface FinetuneReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly finetunedFrom: string;
  /** Number of training images. */
  readonly images: number;
  /** Training images whose embedding was stored, and whose embedding was computed. */
  readonly stored: number;
  readonly computed: number;
  readonly labels: readonly { readonly label: string; readonly images: number }[];
  readonly leftOut: readonly SkippedImage[];
  readonly strength: number;
  /** Whether the final fit converged. */
  readonly converged: boolean;
  readonly crossValidation: CrossValidation;
}

/**
 * Replaces the last layer of a model by one for other labels, and writes the new model.
 * @param source a model directory
 * @throws {UserError} for labels, a model or an output directory that cannot be used, or if it was interrupted
 */
export async function finetune(
  source: string,
  options: FinetuneOptions,
  { display, onStep }: FinetuneHooks,
): Promise<FinetuneReport> {
  const { labels: path, out, overwrite, folds, seed } = options;
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const { name = finetunedName(model.manifest.name, basename(resolve(path), extname(path))) } = options;
  checkModelName(name);
  const gathered = await gather(path, model, options, display);
  const { examples, labels } = gathered;
  const result = await finetuneModel({ model, examples, labels, name, out, folds, seed, onStep });
  return reportOf(out, gathered, result);
}

async function gather(
  path: string,
  model: Model,
  { store, ...aws }: FinetuneOptions,
  display: RunDisplay,
): Promise<LabeledExamples> {
  if (store === undefined) return gatherExamples(path, model, undefined, display);
  return withResults({ store, ...aws }, (results) => gatherExamples(path, model, results, display));
}

function reportOf(directory: string, gathered: LabeledExamples, result: FinetuneResult): FinetuneReport {
  const { manifest, crossValidation, strength, converged } = result;
  const { examples, labels, leftOut, stored, computed } = gathered;
  return {
    model: modelId(manifest),
    directory,
    finetunedFrom: manifest.finetunedFrom?.[0] ?? '',
    images: examples.labels.length,
    stored,
    computed,
    labels: labels.map((label, index) => ({
      label,
      images: examples.labels.filter((target) => target === BigInt(index)).length,
    })),
    leftOut,
    strength,
    converged,
    crossValidation,
  };
}
