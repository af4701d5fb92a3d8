import type { Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { chooseStrength } from './choose-strength.ts';
import { type CrossValidation, crossValidate } from './cross-validate.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import { type ImageExamples, imageClasses } from './image-examples.ts';
import { openHeadMath } from './open-head-math.ts';
import { writeFinetunedModel } from './write-finetuned-model.ts';

export interface FinetuneOptions {
  readonly model: Model;
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

export interface FinetuneResult {
  readonly manifest: ModelManifest;
  readonly crossValidation: CrossValidation;
  /** L2 penalty per crop of an image, of the written model, chosen on all images. */
  readonly strength: number;
  /** Whether the final fit converged. */
  readonly converged: boolean;
}

/**
 * Replaces the last linear layer of a model by one fitted to embeddings of labeled images, and writes a new model.
 * @throws {UserError} as `writeFinetunedModel` does
 */
export async function finetuneModel(options: FinetuneOptions): Promise<FinetuneResult> {
  const { model, examples, labels, name, out, folds, seed, maxIterations, onStep } = options;
  const math = await openHeadMath(examples);
  try {
    const onFold = (fold: number, count: number) => onStep?.(`fold ${fold} of ${count}`);
    const crossValidation = await crossValidate(math, examples, labels, { folds, seed, maxIterations, onFold });
    const images = [...imageClasses(examples).keys()];
    onStep?.(`all ${images.length} images`);
    const strength = await chooseStrength(math, examples, images, seed);
    const rows = [...examples.labels.keys()];
    const scaling = await scalingOf(math, rows);
    const { size, classes, crops } = examples;
    const fit = { rows, size, classes, strength: strength * crops, maxIterations };
    const { head, converged } = await fitHead(math, scaling, fit);
    const manifest = await writeFinetunedModel(model, { head }, { labels, name, out });
    return { manifest, crossValidation, strength, converged };
  } finally {
    await math.close();
  }
}

/** The name of a model with the name of its labels appended: `googlenet-flowers`. */
export function finetunedName(model: string, labels: string): string {
  const plain = labels.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
  const trimmed = plain.replaceAll(/^[-.]+|[-.]+$/g, '');
  return trimmed === '' ? `${model}-finetuned` : `${model}-${trimmed}`;
}
