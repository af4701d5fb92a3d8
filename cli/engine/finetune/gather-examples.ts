import type { LabeledImage, SkippedImage } from '../../../model/finetune/labeled-images.ts';
import type { Examples } from '../../../model/finetune/linear-head.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { readEmbeddings } from '../../../results/questions/read-embeddings.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { embedFiles } from './embed-files.ts';
import { readLabeledImages } from './read-labeled-images.ts';

/** What a head is learnt from, and what was left out. */
export interface LabeledExamples {
  readonly examples: Examples;
  /** Of the classes, in order of their code points. */
  readonly labels: readonly string[];
  readonly leftOut: readonly SkippedImage[];
  /** Images whose embedding was stored, and those that were computed. */
  readonly stored: number;
  readonly computed: number;
}

/**
 * Embeddings of labelled images: those that results hold of the very same image, model and preprocessing, and else those
 * that the model gives now.
 * @throws {UserError} when the labels cannot be read, or there are not two that can be told apart
 */
export async function gatherExamples(
  path: string,
  model: Model,
  results: Results | undefined,
  options: { quiet: boolean },
): Promise<LabeledExamples> {
  const { images, leftOut } = await readLabeledImages(path, model, results);
  const { id, preprocess, manifest } = model;
  const size = manifest.outputs.embeddingSize;
  const ids = images.map(({ image }) => image);
  const known = await (results && readEmbeddings(results, { model: id, preprocess }, ids, size));
  const stored = known ?? new Map<string, Float32Array>();
  const files = images.flatMap(({ image, file }) => (file === undefined || stored.has(image) ? [] : [file]));
  const rows = await embedFiles(model, files, options);
  const learnt: { readonly label: string; readonly embedding: Float32Array }[] = [];
  const out = [...leftOut];
  const embeddingOf = ({ image, file }: LabeledImage): Float32Array | string => {
    const own = stored.get(image);
    if (own !== undefined) return own;
    const row = file && rows.get(`${file.bucket}/${file.key}`);
    if (row?.status === 'classified') return row.embedding;
    return row?.reason ?? 'passed_over';
  };
  for (const image of images) {
    const embedding = embeddingOf(image);
    if (typeof embedding === 'string') out.push({ name: image.name, reason: embedding });
    else learnt.push({ label: image.label, embedding });
  }
  const labels = [...new Set(learnt.map(({ label }) => label))].sort();
  checkLabels(path, labels, learnt.length, out);
  const embeddings = new Float32Array(learnt.length * size);
  for (const [row, { embedding }] of learnt.entries()) embeddings.set(embedding, row * size);
  const places = new Map(labels.map((label, place) => [label, BigInt(place)]));
  const own = BigInt64Array.from(learnt, ({ label }) => places.get(label) ?? 0n);
  const examples = { embeddings, size, labels: own, classes: labels.length };
  const computed = learnt.length - ids.filter((image) => stored.has(image)).length;
  return { examples, labels, leftOut: out, stored: learnt.length - computed, computed };
}

function checkLabels(path: string, labels: readonly string[], images: number, leftOut: readonly SkippedImage[]): void {
  if (labels.length >= 2 && images > labels.length) return;
  const reasons = [...Map.groupBy(leftOut, ({ reason }) => reason)].map(
    ([reason, { length }]) => `${length} ${reason}`,
  );
  const why = reasons.length === 0 ? '' : `; left out: ${reasons.join(', ')}`;
  const got =
    images === 0
      ? 'got none'
      : labels.length === 1
        ? `got only ${labels[0]}`
        : 'got one of each label, so that nothing could be tested';
  throw new UserError(`expected images of at least two labels in ${path}, ${got}${why}`);
}
