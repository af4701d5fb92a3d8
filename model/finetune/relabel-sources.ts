import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model, manifestFile } from '../../shared/models/model-directory.ts';
import { cropsPerImage } from '../../shared/models/model-manifest.ts';
import { bodyDigest } from './replace-head.ts';

/**
 * Models whose stored embeddings another model can label, as `modelId` names them: those that it was finetuned from, the
 * nearest first, or the one that is asked for.
 * @param from a model that it was finetuned from, by the beginning of its id; or the directory of any model
 * @throws {UserError} when embeddings of that model, or of none, are this one's too
 */
export async function findRelabelSources(model: Model, from: string | undefined): Promise<readonly string[]> {
  const { manifest, id } = model;
  const { finetunedFrom = [], preprocess } = manifest;
  const crops = cropsPerImage[preprocess.crop.rule];
  if (crops !== 1) {
    throw new UserError(
      `${id} averages probabilities over ${crops} crops of an image, but only their mean embedding is stored: ` +
        'expected a model of one crop; "inception-batch run" computes the others',
    );
  }
  if (from === undefined) {
    if (finetunedFrom.length > 0) return finetunedFrom;
    throw new UserError(`${id} was not made by "model finetune": expected --from <dir> of a model with its embedding`);
  }
  if (await isModelDirectory(from)) return [await sameBody(model, from)];
  const matching = finetunedFrom.filter((name) => name.startsWith(from));
  if (matching.length > 0) return matching;
  const known = finetunedFrom.length === 0 ? 'no model' : finetunedFrom.join(', ');
  throw new UserError(
    `embeddings of ${from} may mean something else than those of ${id}, which was finetuned from ${known}: expected one ` +
      'of these, or the directory of a model with other labels on the same network',
  );
}

async function isModelDirectory(path: string): Promise<boolean> {
  return stat(join(path, manifestFile)).then(
    () => true,
    () => false,
  );
}

async function sameBody(model: Model, directory: string): Promise<string> {
  const other = await loadModel(directory);
  const same =
    other.preprocess === model.preprocess &&
    bodyDigest(other.network, other.manifest.outputs) === bodyDigest(model.network, model.manifest.outputs);
  if (same) return other.id;
  throw new UserError(
    `embeddings of ${other.id} mean something else than those of ${model.id}: expected a model that prepares images and ` +
      'computes their embedding by the very same network',
  );
}
