import { UserError } from '../../shared/failures/user-error.ts';

/** A network that others publish, and where. */
export interface PublishedModel {
  readonly name: string;
  /** File name in the cache folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The preset of `model import` that fits it. */
  readonly preset: string;
  /** Tried in this order; each gives the very same bytes. */
  readonly urls: readonly string[];
}

/**
 * Networks that `model pull` knows. Size and digest are those that the ONNX Model Zoo states. The addresses were taken
 * from its pages but could not be reached while this was written: they are unverified, the digest is what counts.
 */
export const publishedModels: readonly PublishedModel[] = [
  {
    name: 'googlenet',
    file: 'googlenet-12.onnx',
    bytes: 28_021_836,
    sha256: 'c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e',
    preset: 'bvlc',
    urls: [
      'https://huggingface.co/onnxmodelzoo/googlenet-12/resolve/main/googlenet-12.onnx',
      'https://media.githubusercontent.com/media/onnx/models/main/validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx',
    ],
  },
];

/** @throws {UserError} listing the known names. */
export function findPublishedModel(name: string): PublishedModel {
  const model = publishedModels.find((candidate) => candidate.name === name);
  if (model === undefined) {
    const names = publishedModels.map((candidate) => candidate.name).join(', ');
    throw new UserError(`unknown model ${name}: expected one of ${names}; import other files with "model import"`);
  }
  return model;
}
