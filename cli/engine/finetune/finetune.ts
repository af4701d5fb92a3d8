import { basename, extname, resolve } from 'node:path';
import { cropPlan, type Views } from '../../../model/finetune/crop-plan.ts';
import type { CrossValidation } from '../../../model/finetune/cross-validate.ts';
import { type FinetuneResult, finetunedName, finetuneModel } from '../../../model/finetune/finetune-model.ts';
import { imageClasses } from '../../../model/finetune/image-examples.ts';
import { canJoinLayers, joinLayers } from '../../../model/finetune/join-layers.ts';
import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { checkNotSource, checkReplaceable } from '../../../model/replace-directory.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { type CropRule, cropsPerImage } from '../../../shared/models/crop-rule.ts';
import { loadModel, type Model, modelWithChoice } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { checkModelName } from '../check-model-name.ts';
import type { AwsOptions } from '../command-watch.ts';
import type { RunDisplay } from '../run/local-run.ts';
import { withResults } from '../with-results.ts';
import { gatherExamples, type LabeledExamples } from './gather-examples.ts';
import { readLabeledImages } from './read-labeled-images.ts';

export interface FinetuneOptions extends AwsOptions {
  /** Location of results to take embeddings from. */
  readonly store?: string;
  /** A folder of class folders, or a CSV file. */
  readonly labels: string;
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  readonly name?: string;
  /** Of the new model. @default the rule of the old one */
  readonly crops?: CropRule | undefined;
  /** Crops of each image to learn from, if the model takes one. @default 10; 1 with `store` */
  readonly views?: Views | undefined;
  /** See `joinLayers`. @default 1 or 3, the more accurate one, as `modelsToChooseFrom` says */
  readonly layers?: number;
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
  /** Crops of each image that were learned from. */
  readonly learnedCrops: number;
  /** Crops of each image that the model averages, each of which takes the time of the network. */
  readonly crops: number;
  /** Training images whose embedding was stored, and whose embedding was computed. */
  readonly stored: number;
  readonly computed: number;
  readonly labels: readonly { readonly label: string; readonly images: number }[];
  readonly leftOut: readonly SkippedImage[];
  /** L2 penalty per crop of an image. */
  readonly strength: number;
  /** Numbers of the new model's embedding. */
  readonly embeddingSize: number;
  /** Inception modules that the new layer reads, from the last one. */
  readonly layers: number;
  /** Whether one and three were compared. */
  readonly layersChosen: boolean;
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
  const original = modelWithChoice(await loadModel(source), { crops: options.crops });
  const { name = finetunedName(original.manifest.name, basename(resolve(path), extname(path))) } = options;
  checkModelName(name);
  const { models, gathered } = await gather(path, original, options, display);
  const { examples, labels } = gathered;
  const result = await finetuneModel({ models, examples, labels, name, out, folds, seed, onStep });
  const isLonger = result.embeddingSize > original.manifest.outputs.embeddingSize;
  const { layers = isLonger ? moreLayers : 1 } = options;
  return {
    ...reportOf(out, gathered, result),
    ...{ layers, layersChosen: models.length > 1, finetunedFrom: original.id },
  };
}

interface Gathered {
  readonly models: readonly Model[];
  /** Embeddings of the last model. */
  readonly gathered: LabeledExamples;
}

async function gather(path: string, original: Model, options: FinetuneOptions, display: RunDisplay): Promise<Gathered> {
  const { store, views = store === undefined ? 10 : 1, ...aws } = options;
  const plan = cropPlan(original.manifest.preprocess.crop.rule, views);
  const gatherWith = async (results?: Results) => {
    const labeled = await readLabeledImages(path, original, results);
    const models = await modelsToChooseFrom(original, options, labeled.images.length);
    const model = models.at(-1) ?? original;
    return { models, gathered: await gatherExamples(path, labeled, model, { results, plan }, display) };
  };
  if (store === undefined) return gatherWith();
  if (plan.learned !== 'center') {
    throw new UserError(
      `stored embeddings are of one crop or the mean of several, not of each of ${cropsPerImage[plan.learned]}: ` +
        'leave out --store',
    );
  }
  return withResults({ store, ...aws }, gatherWith);
}

/** With more labeled images the choice would take minutes, and was not measured. */
export const maxImagesToChoose = 500;
/** What helped most with 20 images per label (docs/own-labels.md). */
const moreLayers = 3;

/** Stored rows have the embedding of one layer. */
async function modelsToChooseFrom(
  original: Model,
  { layers, store }: FinetuneOptions,
  images: number,
): Promise<readonly Model[]> {
  if (layers !== undefined) return [await joinLayers(original, layers)];
  const isChosen = store === undefined && images <= maxImagesToChoose && (await canJoinLayers(original, moreLayers));
  return isChosen ? [original, await joinLayers(original, moreLayers)] : [original];
}

function reportOf(
  directory: string,
  gathered: LabeledExamples,
  result: FinetuneResult,
): Omit<FinetuneReport, 'finetunedFrom' | 'layers' | 'layersChosen'> {
  const { manifest, crossValidation, strength, embeddingSize, converged } = result;
  const { examples, labels, leftOut, stored, computed } = gathered;
  const classes = imageClasses(examples);
  return {
    model: modelId(manifest),
    directory,
    images: examples.labels.length / examples.crops,
    learnedCrops: examples.crops,
    crops: examples.averaged.length,
    stored,
    computed,
    labels: labels.map((label, index) => ({
      label,
      images: classes.filter((target) => target === index).length,
    })),
    leftOut,
    strength,
    embeddingSize,
    converged,
    crossValidation,
  };
}
