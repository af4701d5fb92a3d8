import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { programName } from '../../shared/failures/program-name.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { cropsPerImage } from '../../shared/models/crop-rule.ts';
import { loadModel, type Model, manifestFile } from '../../shared/models/model-directory.ts';
import { bodyDigest } from './replace-head.ts';

/**
 * The ids of models whose stored embeddings equal those of `model`: the models it was finetuned from, nearest first, or the
 * model given as `from`.
 * @param from the name of a model it was finetuned from, the start of its id, or a model directory
 * @throws {UserError} when no such model is known, or its embeddings differ
 */
export async function findRelabelSources(model: Model, from: string | undefined): Promise<readonly string[]> {
  const { manifest, id } = model;
  const { finetunedFrom = [], preprocess } = manifest;
  const crops = cropsPerImage[preprocess.crop.rule];
  if (crops !== 1) {
    throw new UserError(
      `${id} averages probabilities over ${crops} crops of an image, but only their mean embedding is stored: use ` +
        `"${programName()} run" for this model`,
    );
  }
  if (from === undefined) {
    if (finetunedFrom.length > 0) return finetunedFrom;
    throw new UserError(
      `${id} was not made by "model finetune": give --from <dir> of a model with the same embeddings`,
    );
  }
  if (await isModelDirectory(from)) return [await sameBody(model, from)];
  const named = finetunedFrom.filter((id) => id.startsWith(`${from}@`));
  const matching = named.length > 0 ? named : finetunedFrom.filter((id) => id.startsWith(from));
  if (matching.length > 0) return matching;
  const known = finetunedFrom.length === 0 ? 'no model' : finetunedFrom.join(', ');
  throw new UserError(
    `embeddings of ${from} may differ from those of ${id}, which was finetuned from ${known}: give --from with one of ` +
      'these ids, or with the directory of a model with the same network and other labels',
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
    `embeddings of ${other.id} differ from those of ${model.id}: give --from with a model of the same network and ` +
      'preprocessing',
  );
}
