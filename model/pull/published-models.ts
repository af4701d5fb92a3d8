import { UserError } from '../../shared/failures/user-error.ts';

export interface PublishedModel {
  readonly name: string;
  /** File name in the cache folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Its preset for `model import`. */
  readonly preset: string;
  /** Tried in this order. All have the same bytes. */
  readonly urls: readonly string[];
}

/**
 * Networks that `model pull` can download. Size and digest are from the ONNX Model Zoo. The addresses are from its pages
 * but could not be tested from the development machine; the digest protects against wrong files.
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

/** @throws {UserError} with the known names */
export function findPublishedModel(name: string): PublishedModel {
  const model = publishedModels.find((candidate) => candidate.name === name);
  if (model === undefined) {
    const names = publishedModels.map((candidate) => candidate.name).join(', ');
    throw new UserError(`unknown model ${name}: expected one of ${names}; use "model import" for other files`);
  }
  return model;
}
