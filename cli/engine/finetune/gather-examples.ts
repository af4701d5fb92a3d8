import type { CropPlan } from '../../../model/finetune/crop-plan.ts';
import type { ImageExamples } from '../../../model/finetune/image-examples.ts';
import type { LabeledImages, SkippedImage } from '../../../model/finetune/labeled-images.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { readEmbeddings } from '../../../results/questions/read-embeddings.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { cropsPerImage } from '../../../shared/models/crop-rule.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { preprocessWithCropRule } from '../../../shared/models/model-manifest.ts';
import type { RunDisplay } from '../run/local-run.ts';
import { embedCrops } from './embed-crops.ts';

/** Labeled embeddings for training. */
export interface LabeledExamples {
  readonly examples: ImageExamples;
  /** Names of the classes, sorted by code point. */
  readonly labels: readonly string[];
  readonly leftOut: readonly SkippedImage[];
  /** Number of embeddings read from the results, and number computed now. */
  readonly stored: number;
  readonly computed: number;
}

export interface GatherOptions {
  /** Embeddings of center crops, reused if only those are learned from. */
  readonly results?: Results | undefined;
  readonly plan: CropPlan;
}

/**
 * Gathers the embeddings of labeled images. Those that the results have for the same image, model and preprocessing
 * are reused; the others are computed.
 * @param path of the labels, for messages
 * @throws {UserError} if there are not enough images to tell two labels apart, or their embeddings do not fit in memory
 */
export async function gatherExamples(
  path: string,
  { images, leftOut }: LabeledImages,
  model: Model,
  { results, plan }: GatherOptions,
  display: RunDisplay,
): Promise<LabeledExamples> {
  const { id, preprocess, manifest } = model;
  const size = manifest.outputs.embeddingSize;
  const crops = cropsPerImage[plan.learned];
  checkMemory(images.length, crops, size);
  const ids = images.map(({ image }) => image);
  const known = await (results && readEmbeddings(results, { model: id, preprocess }, ids, size));
  const stored = known ?? new Map<string, Float32Array>();
  const missing = images.filter(({ image, file }) => file !== undefined && !stored.has(image));
  const files = missing.flatMap(({ file }) => file ?? []);
  const rule = preprocessWithCropRule(manifest.preprocess, plan.learned);
  const outcomes = await embedCrops(model, rule, files, display);
  const embedded = new Map(missing.map(({ image }, index) => [image, outcomes[index]]));
  const usable: { readonly label: string; readonly embeddings: Float32Array }[] = [];
  const unusable = [...leftOut];
  for (const { image, label, name } of images) {
    const embeddings = stored.get(image) ?? embedded.get(image) ?? 'not_found';
    if (typeof embeddings === 'string') unusable.push({ name, reason: embeddings });
    else usable.push({ label, embeddings });
  }
  const labels = [...new Set(usable.map(({ label }) => label))].sort();
  checkLabels(path, labels, usable.length, unusable);
  const embeddings = new Float32Array(usable.length * crops * size);
  for (const [index, image] of usable.entries()) embeddings.set(image.embeddings, index * crops * size);
  const classes = new Map(labels.map((label, index) => [label, BigInt(index)]));
  const targets = usable.flatMap(({ label }) => new Array<bigint>(crops).fill(classes.get(label) ?? 0n));
  const examples: ImageExamples = {
    ...{ embeddings, size, labels: BigInt64Array.from(targets), classes: labels.length },
    ...{ crops, averaged: plan.averaged },
  };
  const computed = usable.length - ids.filter((image) => stored.has(image)).length;
  return { examples, labels, leftOut: unusable, stored: usable.length - computed, computed };
}

/** 2 GiB. */
const maxFloats = 2 ** 29;

function checkMemory(images: number, crops: number, size: number): void {
  if (images * crops * size <= maxFloats) return;
  const gigabytes = ((images * crops * size * 4) / 2 ** 30).toFixed(0);
  const advice = crops === 1 ? 'label fewer images' : 'give --views 1 and no --crops';
  throw new UserError(
    `the embeddings of ${crops} crops of ${images} images need ${gigabytes} GiB of memory: ${advice}`,
  );
}

function checkLabels(path: string, labels: readonly string[], images: number, leftOut: readonly SkippedImage[]): void {
  if (labels.length >= 2 && images > labels.length) return;
  const reasons = [...Map.groupBy(leftOut, ({ reason }) => reason)].map(
    ([reason, { length }]) => `${length} ${reason}`,
  );
  const skipped = reasons.length === 0 ? '' : `; skipped: ${reasons.join(', ')}`;
  const problem =
    images === 0
      ? 'has no usable images'
      : labels.length === 1
        ? `has only images of ${labels[0]}`
        : 'has one image per label, which leaves none to test on';
  throw new UserError(`${path} ${problem}: give images of at least two labels${skipped}`);
}
