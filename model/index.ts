/**
 * Make models: import a published network, optimize it, quantize it, combine several.
 * @module inception-batch/model
 */
import { checkNode } from '../shared/deployment/check-node.ts';
import { setProcessDefaults } from '../shared/deployment/process-defaults.ts';
import { parseOptions } from '../shared/failures/parse-options.ts';
import type { ModelLabel } from '../shared/models/model-label.ts';
import { type ModelManifest, modelId } from '../shared/models/model-manifest.ts';

checkNode();

export { UserError } from '../shared/failures/user-error.ts';
export type { ModelLabel } from '../shared/models/model-label.ts';

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
  readonly labels: readonly ModelLabel[];
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
  /** Lower bound of its 95 % confidence interval: 0.68 for 8 of 8 images, 0.963 for 100 of 100. */
  readonly sameLabelAtLeast: number;
  /** Largest absolute difference of a probability, 0 to 1. */
  readonly maxDifference: number;
  /** Mean cosine of the two embeddings, -1 to 1. */
  readonly embeddingCosine: number;
}

/**
 * A published network and how it expects images. Give `preset`, or all of `mean` to `order`, or both to override it. A network
 * of uint8 images needs no `mean` and `scale`, a grayscale network no `order`: values that would be ignored are an error.
 */
export interface ImportModelOptions {
  /** Path of the `.onnx` file, or of the folder or the `model.json` of a TensorFlow.js model. */
  readonly source: string;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model; otherwise it is an error. @default false */
  readonly overwrite?: boolean | undefined;
  /** Path of a file with one label per line, or null for those of the preset, or numbers: class-0, class-1, … */
  readonly labels: string | null;
  /** Name of the output with the class probabilities or logits; needed if the network has several outputs. */
  readonly output?: string | undefined;
  /** A known kind of preprocessing: `bvlc`, `torchvision`, … The help of `model import` lists them. */
  readonly preset?: string | undefined;
  /** The network reads scale × (pixel − mean), pixels 0 to 255. */
  readonly mean?: PerChannel | undefined;
  readonly scale?: PerChannel | undefined;
  /** `warp` stretches the image to `resizeSize`; `cover` keeps its shape and cuts off the excess. */
  readonly resize?: 'warp' | 'cover' | undefined;
  readonly resizeSize?: ImageSize | undefined;
  /** Size of the network's input. */
  readonly cropSize?: ImageSize | undefined;
  /** The color order that the network was trained on. */
  readonly order?: 'RGB' | 'BGR' | undefined;
  /** `exact` resizes all pixels; `scaled` lets the decoder shrink large JPEGs first, which is faster. @default exact */
  readonly decode?: 'exact' | 'scaled' | undefined;
  /** Name of the model. @default the name of the file */
  readonly name?: string | undefined;
}

/** A model directory to read and one to write. */
export interface OptimizeModelOptions {
  /** Model directory, also the one that `pullModel` returns for a name. */
  readonly source: string;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model; otherwise it is an error. @default false */
  readonly overwrite?: boolean | undefined;
}

/** A float model, and the images that represent those it will see. */
export interface QuantizeModelOptions extends OptimizeModelOptions {
  /** Folder of images typical of the input; they need no labels. */
  readonly photos: string;
  /** Maximum number of images to calibrate with. As many others, at least a fifth, are held out to compare. @default 100 */
  readonly images?: number | undefined;
  /** Required share of held-out photos with the same label as the float model, 0 to 1. @default 0.97 */
  readonly minAgreement?: number | undefined;
  /** Writes the model even if it is slower than the float model or agrees on too few photos. @default false */
  readonly force?: boolean | undefined;
}

/** The models to combine. */
export interface EnsembleModelOptions {
  /** Two or more directories of float models with the same labels, also those that `pullModel` returns. */
  readonly sources: readonly string[];
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model; otherwise it is an error. @default false */
  readonly overwrite?: boolean | undefined;
  /** The one of `sources` whose embedding the ensemble has. @default all of them, one after the other */
  readonly embeddingOf?: string | undefined;
  /** Name of the model. @default ensemble */
  readonly name?: string | undefined;
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
  const [{ importOptions }, { importModel: runImport }] = await Promise.all([
    import('./library-options.ts'),
    import('./import/import-model.ts'),
  ]);
  const parsed = parseOptions(importOptions, options, 'importModel');
  const nameOption = (option: string) => option;
  const { manifest } = await runImport({ ...parsed, labels: parsed.labels ?? undefined, nameOption });
  return writtenModel(parsed.out, manifest);
}

/**
 * Rewrites a float model to run faster with the same outputs: probabilities within 1e-4.
 * @returns the model, and its agreement with the original on synthetic images
 * @throws {@link UserError} if the model is invalid, or the outputs differ; then nothing is written
 * @example
 * import { optimizeModel } from 'inception-batch/model';
 *
 * await optimizeModel({ source: './flowers', out: './flowers-fast' });
 */
export async function optimizeModel(
  options: OptimizeModelOptions,
): Promise<WrittenModel & { readonly agreement: ModelAgreement }> {
  setProcessDefaults();
  const [{ optimizeOptions }, { checkModelSource }, { optimizeModel: optimize }] = await Promise.all([
    import('./library-options.ts'),
    import('./check-model-source.ts'),
    import('./optimize/optimize-model.ts'),
  ]);
  const { source, out, overwrite } = parseOptions(optimizeOptions, options, 'optimizeModel');
  await checkModelSource(source);
  const { manifest, agreement } = await optimize({ source, out, overwrite, mergeSiblings: false });
  return { ...writtenModel(out, manifest), agreement };
}

/**
 * Converts a float model to int8, for CPUs. The more the photos resemble later images, the better it agrees. Layers that cost
 * too much agreement stay in float.
 * @returns the model, its agreement with the float model on held-out photos, which took no part in the conversion, and its speedup over the optimized float model
 * on one thread of this machine
 * @throws {@link UserError} if the model or the folder cannot be used, the int8 model is slower than the float model, or too few
 * labels agree; then nothing is written
 * @example
 * import { pullModel } from 'inception-batch';
 * import { quantizeModel } from 'inception-batch/model';
 *
 * const source = await pullModel('googlenet');
 * const { id, agreement } = await quantizeModel({ source, photos: './photos', out: './googlenet-int8' });
 * console.log(id, agreement.sameLabel);
 */
export async function quantizeModel(
  options: QuantizeModelOptions,
): Promise<WrittenModel & { readonly agreement: ModelAgreement; readonly speedup: number }> {
  setProcessDefaults();
  const [{ quantizeOptions }, { checkModelSource }, { quantizeModel: quantize }] = await Promise.all([
    import('./library-options.ts'),
    import('./check-model-source.ts'),
    import('./quantize/quantize-model.ts'),
  ]);
  const { photos, ...parsed } = parseOptions(quantizeOptions, options, 'quantizeModel');
  await checkModelSource(parsed.source);
  const { manifest, agreement, speedup } = await quantize({ ...parsed, calibrate: photos });
  return { ...writtenModel(parsed.out, manifest), agreement, speedup };
}

/**
 * Combines models of the same labels into one network, whose probabilities are the mean of theirs. Optimize or quantize the result
 * like any other model.
 * @returns the model, and the largest difference of a probability from the mean of its members, on synthetic images
 * @throws {@link UserError} if a model is not float or is given twice, or labels or images cannot be made the same; then nothing is
 * written
 * @example
 * import { ensembleModel } from 'inception-batch/model';
 *
 * await ensembleModel({ sources: ['./flowers-a', './flowers-b'], out: './flowers-ensemble' });
 */
export async function ensembleModel(
  options: EnsembleModelOptions,
): Promise<WrittenModel & { readonly maxDifference: number }> {
  setProcessDefaults();
  const [{ ensembleOptions }, { checkModelSource }, { ensembleModel: combine }] = await Promise.all([
    import('./library-options.ts'),
    import('./check-model-source.ts'),
    import('./ensemble/ensemble-model.ts'),
  ]);
  const parsed = parseOptions(ensembleOptions, options, 'ensembleModel');
  for (const source of parsed.sources) await checkModelSource(source);
  const { manifest, maxDifference } = await combine(parsed);
  return { ...writtenModel(parsed.out, manifest), maxDifference };
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
