import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importModel } from '../model/import/import-model.ts';
import { loadModel, type Model } from '../shared/models/model-directory.ts';

const folder = process.env['INCEPTION_FIXTURES'] ?? '../shared';

/** Inputs of the benchmarks: real photos and the published network. */
export const fixtures = {
  photos: join(folder, 'photos'),
  /** Photos of one kind of animal; `boxes.json` has the box of each animal. */
  regions: join(folder, 'regions'),
  /** Photos in one folder per label. */
  flowers: join(folder, 'flowers'),
  googlenet: join(folder, 'models/googlenet-zoo.onnx'),
  /** The label file of `googlenet`. */
  labels: join(folder, 'models/synset_words.txt'),
} as const;

/** A temporary folder, deleted when the variable goes out of scope. */
export function temporaryFolder() {
  return mkdtempDisposable(join(tmpdir(), 'inception-bench-'));
}

/** Imports the published GoogLeNet with its ImageNet labels. @param out the new model directory */
export async function importGooglenet(out: string): Promise<Model> {
  const { googlenet: source, labels } = fixtures;
  await importModel({ source, preset: 'bvlc', name: 'googlenet', labels, out });
  return loadModel(out);
}
