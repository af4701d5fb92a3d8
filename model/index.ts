/**
 * Make models: import a published network, optimize it, quantize it.
 * @module inception-batch/model
 */
import { setProcessDefaults } from '../shared/deployment/process-defaults.ts';
import { type ModelManifest, modelId } from '../shared/models/model-manifest.ts';

export { UserError } from '../shared/failures/user-error.ts';

/** Three numbers: red, green, blue. */
export type PerChannel = readonly [red: number, green: number, blue: number];

/** Pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A model directory that was written. */
export interface WrittenModel {
  /** The directory, as it was given. Open it with `openModel(directory)`. */
  readonly directory: string;
  /** The `model` of its rows: `name@` and 12 hexadecimal digits that identify network and labels. */
  readonly id: string;
  readonly labels: readonly { readonly id: string; readonly name: string }[];
  /** Numbers per embedding: 1024 for GoogLeNet. */
  readonly embeddingSize: number;
  /** What the network receives of an image, in pixels. */
  readonly inputSize: ImageSize;
}

/** How much two models agree on the same images. */
export interface ModelAgreement {
  readonly images: number;
  /** Share of images with the same most probable label, 0 to 1. */
  readonly sameLabel: number;
  /** Largest absolute difference of a probability, 0 to 1. */
  readonly maxDifference: number;
  /** Mean cosine of the two embeddings, -1 to 1. */
  readonly embeddingCosine: number;
}

/** A published network and how it expects images. Give `preset`, or all of `mean` to `order`, or both to override it. */
export interface ImportModelOptions {
  /** Path of the `.onnx` file. */
  readonly source: string;
  /** Model directory to write. An existing model is replaced. */
  readonly out: string;
  /** Path of a file with one label per line. @default class-0, class-1, … */
  readonly labels?: string;
  /** A known kind of preprocessing: `bvlc`, `torchvision`, … The help of `model import` lists them. */
  readonly preset?: string;
  /** The network reads scale × (pixel − mean), pixels 0 to 255. */
  readonly mean?: PerChannel;
  readonly scale?: PerChannel;
  /** `warp` stretches the image to `resizeSize`; `cover` keeps its shape and cuts off the excess. */
  readonly resize?: 'warp' | 'cover';
  readonly resizeSize?: ImageSize;
  /** Size of the network's input. */
  readonly cropSize?: ImageSize;
  /** The color order that the network was trained on. */
  readonly order?: 'RGB' | 'BGR';
  /** Name of the model. @default the name of the preset or the file */
  readonly name?: string;
}

/** A model directory to read and one to write. */
export interface OptimizeModelOptions {
  /** Model directory. */
  readonly source: string;
  /** Model directory to write. An existing model is replaced. */
  readonly out: string;
}

/** A float model, and the images that represent those it will see. */
export interface QuantizeModelOptions extends OptimizeModelOptions {
  /** Folder of images typical of the input; they need no labels. */
  readonly photos: string;
  /** Maximum number of images to calibrate with. @default 100 */
  readonly images?: number;
}

/**
 * Converts a published classifier to a model directory. Both networks must give the same probabilities within 1e-5.
 * The same file gives the same bytes.
 * @throws {@link UserError} if the file, an option or the labels are invalid, or the outputs differ; then nothing is written
 * @example
 * import { importModel } from 'inception-batch/model';
 *
 * await importModel({ source: 'googlenet-12.onnx', preset: 'bvlc', labels: 'synset_words.txt', out: 'googlenet' });
 */
export async function importModel(options: ImportModelOptions): Promise<WrittenModel> {
  setProcessDefaults();
  const { importModel: runImport } = await import('./import/import-model.ts');
  const { mean, scale, ...others } = options;
  const channels = { ...(mean && { mean: mutable(mean) }), ...(scale && { scale: mutable(scale) }) };
  const { manifest } = await runImport({ ...others, ...channels });
  return writtenModel(options.out, manifest);
}

/**
 * Rewrites a float model to run faster with the same outputs: probabilities within 1e-4.
 * @returns the model, and its agreement with the original on synthetic images
 * @throws {@link UserError} if the model is invalid, or the outputs differ; then nothing is written
 * @example
 * import { optimizeModel } from 'inception-batch/model';
 *
 * await optimizeModel({ source: 'googlenet', out: 'googlenet-fast' });
 */
export async function optimizeModel(
  options: OptimizeModelOptions,
): Promise<WrittenModel & { readonly agreement: ModelAgreement }> {
  setProcessDefaults();
  const { optimizeModel: optimize } = await import('./optimize/optimize-model.ts');
  const { manifest, agreement } = await optimize({ ...options, mergeSiblings: false });
  return { ...writtenModel(options.out, manifest), agreement };
}

/**
 * Converts a float model to int8, for CPUs. The more the photos resemble later images, the better it agrees.
 * @returns the model, and its agreement with the float model on the photos
 * @throws {@link UserError} if the model or the folder cannot be used, or less than 90 % of the labels agree; then nothing is
 * written
 * @example
 * import { quantizeModel } from 'inception-batch/model';
 *
 * const { id, agreement } = await quantizeModel({ source: 'googlenet', photos: './photos', out: 'googlenet-int8' });
 * console.log(id, agreement.sameLabel);
 */
export async function quantizeModel(
  options: QuantizeModelOptions,
): Promise<WrittenModel & { readonly agreement: ModelAgreement }> {
  setProcessDefaults();
  const { quantizeModel: quantize } = await import('./quantize/quantize-model.ts');
  const { source, photos, images = 100, out } = options;
  const { manifest, agreement } = await quantize({ source, calibrate: photos, images, out });
  return { ...writtenModel(out, manifest), agreement };
}

function mutable([red, green, blue]: PerChannel): [number, number, number] {
  return [red, green, blue];
}

function writtenModel(directory: string, manifest: ModelManifest): WrittenModel {
  const { labels, outputs, preprocess } = manifest;
  const { width, height } = preprocess.crop;
  return {
    directory,
    id: modelId(manifest),
    labels,
    embeddingSize: outputs.embeddingSize,
    inputSize: { width, height },
  };
}
