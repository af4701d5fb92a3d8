import type { Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { chooseHead, type HeadChoice } from './choose-head.ts';
import { type CrossValidation, crossValidate } from './cross-validate.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import { type ImageExamples, imageClasses } from './image-examples.ts';
import type { LinearHead } from './linear-head.ts';
import { openHeadMath } from './open-head-math.ts';
import { writeFinetunedModel } from './write-finetuned-model.ts';

export interface FinetuneOptions {
  /**
   * What to choose from: models of the same network, of which each embedding starts with that of the model before it. The first of
   * equally accurate ones is taken.
   */
  readonly models: readonly Model[];
  /** Embeddings of the last model. */
  readonly examples: ImageExamples;
  /** Name of each class; also its id. */
  readonly labels: readonly string[];
  /** Name of the new model, see `finetunedName`. */
  readonly name: string;
  readonly out: string;
  readonly folds: number;
  readonly seed: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number;
  /** Called at the start of each fold and of the final fit, with its description. */
  readonly onStep?: (step: string) => void;
}

/** The head of the written model was chosen on all images. */
export interface FinetuneResult extends HeadChoice {
  readonly manifest: ModelManifest;
  readonly crossValidation: CrossValidation;
  /** Whether the final fit converged. */
  readonly converged: boolean;
}

/**
 * Replaces the last linear layer of a model by one fitted to embeddings of labeled images, and writes a new model.
 * @throws {UserError} as `writeFinetunedModel` does
 */
export async function finetuneModel(options: FinetuneOptions): Promise<FinetuneResult> {
  const { models, examples, labels, name, out, folds, seed, maxIterations, onStep } = options;
  const math = await openHeadMath(examples);
  try {
    const onFold = (fold: number, count: number) => onStep?.(`fold ${fold} of ${count}`);
    const embeddingSizes = models.map(({ manifest }) => manifest.outputs.embeddingSize);
    const validation = { folds, seed, embeddingSizes, maxIterations, onFold };
    const crossValidation = await crossValidate(math, examples, labels, validation);
    const images = [...imageClasses(examples).keys()];
    onStep?.(`all ${images.length} images`);
    const choice = await chooseHead(math, examples, images, { embeddingSizes, seed });
    const { strength, embeddingSize } = choice;
    const rows = [...examples.labels.keys()];
    const scaling = await scalingOf(math, rows, embeddingSize);
    const { size, classes, crops } = examples;
    const fit = { rows, size, classes, strength: strength * crops, maxIterations };
    const { head, converged } = await fitHead(math, scaling, fit);
    const model = models.find(({ manifest }) => manifest.outputs.embeddingSize === embeddingSize);
    if (model === undefined) throw new RangeError(`no model has embeddings of ${embeddingSize} numbers`);
    const read = firstColumns(head, size, embeddingSize);
    const manifest = await writeFinetunedModel(model, { head: read }, { labels, name, out });
    return { manifest, crossValidation, ...choice, converged };
  } finally {
    await math.close();
  }
}

/** The weights of the first numbers of each embedding; the others are 0. */
function firstColumns({ weights, bias }: LinearHead, size: number, columns: number): LinearHead {
  return { weights: weights.filter((_, at) => at % size < columns), bias };
}

/** The name of a model with the name of its labels appended: `googlenet-flowers`. */
export function finetunedName(model: string, labels: string): string {
  const plain = labels.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
  const trimmed = plain.replaceAll(/^[-.]+|[-.]+$/g, '');
  return trimmed === '' ? `${model}-finetuned` : `${model}-${trimmed}`;
}
