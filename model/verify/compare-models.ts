import { realpath } from 'node:fs/promises';
import { defaultDecodeLimits } from '../../shared/decode.ts';
import { FolderStore } from '../../shared/local/folder-store.ts';
import { loadModel, type Model } from '../../shared/model-directory.ts';
import { preprocess } from '../../shared/preprocess.ts';
import { UserError } from '../../shared/user-error.ts';
import { type Accuracy, accuracyOf, labelOf } from './accuracy.ts';
import { type Agreement, type Answer, agreementOf, answersTo } from './agreement.ts';
import { speedRatio } from './speed.ts';
import { madeUpCrops } from './test-crops.ts';

/** How a model does on labelled photos, and beside the model that it was made of. */
export interface Comparison {
  readonly accuracy?: Accuracy;
  readonly against?: {
    readonly model: string;
    readonly agreement: Agreement;
    readonly accuracy?: Accuracy;
    /** How many times as fast. */
    readonly speed: number;
  };
}

export interface ComparisonOptions {
  /** Folder of labelled photos, see `labelOf`. */
  readonly photos?: string;
  /** Model directory. */
  readonly against?: string;
}

const maxBytes = 2 ** 28;

/**
 * Measures a model on photos and against another model of the same crops; without photos, on made-up images.
 * @throws {UserError} when a photo has no label or is none, or the models take different crops
 */
export async function compareModels(directory: string, { photos, against }: ComparisonOptions): Promise<Comparison> {
  const model = await loadModel(directory);
  const other = against === undefined ? undefined : await loadModel(against);
  if (other && other.preprocess !== model.preprocess) {
    throw new UserError(`${directory} and ${against} cannot be compared: they take different crops of an image`);
  }
  if (other && JSON.stringify(answerOf(other)) !== JSON.stringify(answerOf(model))) {
    throw new UserError(`${directory} and ${against} cannot be compared: their labels or embeddings are not the same`);
  }
  const labelled = photos === undefined ? undefined : await readLabelled(photos, model);
  const crops = labelled?.crops ?? madeUpCrops(16, model.manifest.preprocess.crop);
  const answers = (of: Model) => answersTo(crops, of.network, of.manifest);
  const accuracy = (own: readonly Answer[]) => labelled && { accuracy: accuracyOf(own, labelled.labels) };
  const own = await answers(model);
  if (other === undefined) return { ...accuracy(own) };
  const others = await answers(other);
  const speed = await speedRatio(model, other, crops);
  const agreement = agreementOf(others, own);
  return { ...accuracy(own), against: { model: other.id, agreement, ...accuracy(others), speed } };
}

function answerOf({ manifest: { labels, outputs } }: Model) {
  return [outputs.embeddingSize, labels.map(({ id }) => id)];
}

async function readLabelled(folder: string, { manifest }: Model) {
  const store = new FolderStore();
  const bucket = await realpath(folder).catch((cause: unknown) => {
    throw new UserError(`no such folder: ${folder}`, { cause });
  });
  const crops: Uint8Array[] = [];
  const labels: number[] = [];
  for await (const photo of store.list(bucket, '')) {
    labels.push(labelOf(photo.key, manifest));
    const { bytes } = await store.read(photo, { maxBytes });
    crops.push((await preprocess(bytes, manifest.preprocess, defaultDecodeLimits)).pixels);
  }
  if (crops.length === 0) throw new UserError(`expected labelled photos in ${folder}, got none`);
  return { crops, labels };
}
