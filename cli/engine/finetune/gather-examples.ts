import type { LabeledImage, SkippedImage } from '../../../model/finetune/labeled-images.ts';
import type { Examples } from '../../../model/finetune/linear-head.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { readEmbeddings } from '../../../results/questions/read-embeddings.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { RunDisplay } from '../run/local-run.ts';
import { embedFiles } from './embed-files.ts';
import { readLabeledImages } from './read-labeled-images.ts';

/** Labeled embeddings for training. */
export interface LabeledExamples {
  readonly examples: Examples;
  /** Names of the classes, sorted by code point. */
  readonly labels: readonly string[];
  readonly leftOut: readonly SkippedImage[];
  /** Number of embeddings read from the results, and number computed now. */
  readonly stored: number;
  readonly computed: number;
}

/**
 * Gathers the embeddings of labeled images. Those that the results have for the same image, model and preprocessing
 * are reused; the others are computed.
 * @throws {UserError} if the labels cannot be read, or there are not enough images to tell two labels apart
 */
export async function gatherExamples(
  path: string,
  model: Model,
  results: Results | undefined,
  display: RunDisplay,
): Promise<LabeledExamples> {
  const { images, leftOut } = await readLabeledImages(path, model, results);
  const { id, preprocess, manifest } = model;
  const size = manifest.outputs.embeddingSize;
  const ids = images.map(({ image }) => image);
  const known = await (results && readEmbeddings(results, { model: id, preprocess }, ids, size));
  const stored = known ?? new Map<string, Float32Array>();
  const files = images.flatMap(({ image, file }) => (file === undefined || stored.has(image) ? [] : [file]));
  const rows = await embedFiles(model, files, display);
  const usable: { readonly label: string; readonly embedding: Float32Array }[] = [];
  const unusable = [...leftOut];
  const embeddingOf = ({ image, file }: LabeledImage): Float32Array | string => {
    const embedding = stored.get(image);
    if (embedding !== undefined) return embedding;
    const row = file && rows.get(`${file.bucket}/${file.key}`);
    if (row?.status === 'classified') return row.embedding;
    return row?.reason ?? 'hidden';
  };
  for (const image of images) {
    const embedding = embeddingOf(image);
    if (typeof embedding === 'string') unusable.push({ name: image.name, reason: embedding });
    else usable.push({ label: image.label, embedding });
  }
  const labels = [...new Set(usable.map(({ label }) => label))].sort();
  checkLabels(path, labels, usable.length, unusable);
  const embeddings = new Float32Array(usable.length * size);
  for (const [row, { embedding }] of usable.entries()) embeddings.set(embedding, row * size);
  const classes = new Map(labels.map((label, index) => [label, BigInt(index)]));
  const targets = BigInt64Array.from(usable, ({ label }) => classes.get(label) ?? 0n);
  const examples = { embeddings, size, labels: targets, classes: labels.length };
  const computed = usable.length - ids.filter((image) => stored.has(image)).length;
  return { examples, labels, leftOut: unusable, stored: usable.length - computed, computed };
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
