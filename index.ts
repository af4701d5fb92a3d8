/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Classify images with models opened by name or directory.
 *
 * The package loads native code and worker files from node_modules. A bundler must leave packages out of the bundle, as
 * `esbuild --packages=external` does.
 * @module inception-batch
 */

import type { ImageInput } from './cli/engine/classify/image-input.ts';
import type { ImageOutcome } from './cli/engine/classify/image-outcome.ts';
import { leavable } from './cli/engine/classify/leavable.ts';
import type { RegionsOutcome } from './cli/engine/regions/image-proposals.ts';
import { checkNode } from './shared/deployment/check-node.ts';
import { setProcessDefaults } from './shared/deployment/process-defaults.ts';
import { UserError } from './shared/failures/user-error.ts';
import type { ModelLabel } from './shared/models/model-label.ts';

checkNode();

export type { ImageBytes, ImageInput, ImageStream } from './cli/engine/classify/image-input.ts';
export type { ClassifiedImage, ImageOutcome, RejectedImage } from './cli/engine/classify/image-outcome.ts';
export type { ImageProposals, RegionsOutcome } from './cli/engine/regions/image-proposals.ts';
export { Failure, type FailureReason } from './shared/failures/failure.ts';
export { UserError } from './shared/failures/user-error.ts';
export type { ModelLabel } from './shared/models/model-label.ts';
export type { Box, ProposedRegion } from './shared/regions/region.ts';
export type { ScoredLabel, StoredRegion as ImageRegion } from './shared/rows/row.ts';

/** How a model is opened. */
export interface OpenModelOptions {
  /** Cores that decode images and run the network, at most four for each core of the machine. @default all */
  readonly threads?: number | undefined;
  /** Maximum number of crops in a batch, at most 1,024. An accelerator is faster with 64. @default 8 */
  readonly batch?: number | undefined;
  /** `auto` takes the first provider that passes the self-check; a named one is used or `openModel` fails. @default cpu */
  readonly accelerator?: 'auto' | 'tensorrt' | 'cuda' | 'webgpu' | 'cpu' | undefined;
  /** Crops per image whose scores are averaged: more are slower and more accurate. @default as the model was imported */
  readonly crops?: 1 | 10 | 144 | undefined;
  /** Aborted to end a download or the wait for one. */
  readonly signal?: AbortSignal | undefined;
  /** Called while the files of a model are downloaded. @param received bytes so far @param bytes of all files */
  readonly onDownload?: ((name: string, received: number, bytes: number) => void) | undefined;
  /** Called with what is done next, such as `importing googlenet-12.onnx`. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** A model that can be opened by its name. */
export interface AvailableModel {
  readonly name: string;
  /** What it is for, in one line. */
  readonly about: string;
  /** Number of labels, if the catalog states it. */
  readonly labels?: number | undefined;
  readonly license?: string | undefined;
  /** Size of the files that are downloaded on its first use. */
  readonly downloadBytes: number;
  /** `ready` opens without a network, `downloaded` is made on its first use, `missing` is downloaded on its first use. */
  readonly state: 'ready' | 'downloaded' | 'missing';
  /** The model directory, if it is ready. */
  readonly directory?: string | undefined;
}

/** How a model is prepared. */
export type PullModelOptions = Pick<OpenModelOptions, 'signal' | 'onDownload' | 'onStep'>;

/** Options of one call. */
export interface EmbedOptions {
  /** Aborted to end the work: it throws the reason of the signal, an `AbortError` unless another was given. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of one call. */
export interface ClassifyOptions extends EmbedOptions {
  /** Also classify up to this many regions of each image, 1 to 1000; each takes as long as a crop. @default none */
  readonly regions?: number | undefined;
}

/**
 * An open model. It holds threads and memory, and keeps the program running, until it is closed:
 * `await using model = await openModel()`, or `await model.close()`.
 */
export interface OpenedModel extends AsyncDisposable {
  /** The `model` of rows: `name@` and 12 hexadecimal digits that identify network and labels. */
  readonly id: string;
  /** The model directory. */
  readonly directory: string;
  /** What runs the network: `cpu`, `cuda`, … */
  readonly provider: string;
  readonly labels: readonly ModelLabel[];
  /** Numbers per embedding: 1024 for GoogLeNet. */
  readonly embeddingSize: number;
  /**
   * Classifies images: one outcome for each, as soon as it is known, so the order differs from that of the images. An image
   * that cannot be read or decoded gives a rejected outcome and affects no other image. Up to four batches a thread, at
   * least 64 images, are read ahead of the outcomes that were taken, so a source may be without an end. Leaving the loop,
   * or `return()`, ends the reading, also while an image is awaited, and drops the images that were read ahead. Several calls
   * may run at the same time.
   * @param images a list, an async iterable, or a single image
   * @throws the reason of the signal, if it is aborted
   * @throws the error of the iterable, after the outcomes of the images before it
   * @throws {@link UserError} for an invalid image argument, such as bytes without a name, after the same outcomes
   * @example
   * for await (const image of model.classify(['a.jpg', 'b.jpg'])) {
   *   if (image.status === 'classified') console.log(image.name, image.label, image.probability);
   *   else console.log(image.name, image.reason, image.detail);
   * }
   */
  classify(
    images: ImageInput | Iterable<ImageInput> | AsyncIterable<ImageInput>,
    options?: ClassifyOptions,
  ): AsyncIterableIterator<ImageOutcome>;
  /**
   * The embedding of one image: `embeddingSize` numbers, for `similar` of the results or your own index. Calls at the same time
   * share cores and memory; calls one after another use one core for the network. `classify` is faster for many images.
   * @throws {@link Failure} with the reason, if the image cannot be read or decoded
   * @throws {@link UserError} for an invalid image argument
   * @throws the reason of the signal, if it is aborted
   * @example
   * const [cat, dog] = await Promise.all([model.embed('cat.jpg'), model.embed({ name: 'dog', bytes })]);
   */
  embed(image: ImageInput, options?: EmbedOptions): Promise<Float32Array>;
  /** Ends calls in progress, which throw, and the threads. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a model by name or directory. A named model is downloaded, imported and optimized once, in the user's cache folder.
 *
 * The first call sets two environment variables of the process, unless they are set: `UV_THREADPOOL_SIZE`, to decode on all
 * cores, and `ORT_DISABLE_TELEMETRY`. On machines with more than two cores, open the model before other work that uses the
 * thread pool, such as `node:fs/promises`, or start Node with `UV_THREADPOOL_SIZE` set to 2 × cores + 2.
 * @param model a name of `listModels`, or a directory: any text with a slash, or a folder with a model. Without it, the
 * environment variable INCEPTION_MODEL or googlenet
 * @throws {@link UserError} for an unknown name, a directory without a model, or a model that cannot be downloaded
 * @example
 * import { openModel } from 'inception-batch';
 *
 * await using model = await openModel('googlenet');
 * for await (const image of model.classify('photo.jpg')) console.log(image);
 */
export async function openModel(model?: string, options: OpenModelOptions = {}): Promise<OpenedModel> {
  setProcessDefaults();
  const [{ openLibraryModel }, { classifyImages }, { embedImage }, { openImageEmbedder }, { modelWithChoice }, parse] =
    await Promise.all([
      import('./cli/engine/classify/open-library-model.ts'),
      import('./cli/engine/classify/classify-images.ts'),
      import('./cli/engine/classify/embed-image.ts'),
      import('./cli/engine/image-embedder.ts'),
      import('./shared/models/model-directory.ts'),
      import('./cli/engine/classify/parse-images.ts'),
    ]);
  const { directory, ...opened } = await openLibraryModel(model, options);
  const { id, manifest } = opened.model;
  const embedder = openImageEmbedder(opened);
  const closed = new AbortController();
  let closing: Promise<unknown> | undefined;
  const close = async () => {
    closed.abort(new UserError('the model is closed'));
    closing ??= Promise.all([embedder.close(), opened.session.close()]);
    await closing;
  };
  const stopOf = ({ signal }: EmbedOptions) =>
    signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
  return {
    id,
    directory,
    provider: opened.session.provider,
    labels: manifest.labels,
    embeddingSize: manifest.outputs.embeddingSize,
    classify: (images, callOptions) => {
      const { regions, ...call } = parse.parseClassifyOptions(callOptions);
      const used = modelWithChoice(opened.model, { regions });
      return classifyImages(parse.parseImages(images), { ...opened, model: used, signal: stopOf(call) });
    },
    embed: async (image, callOptions) => embedImage(image, embedder, stopOf(parse.parseEmbedOptions(callOptions))),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** How regions are proposed. */
export interface ProposeRegionsOptions {
  /** Maximum regions per image, at most 1,000. @default 200 */
  readonly max?: number | undefined;
  /** Cores to use, at most four for each core of the machine. @default all */
  readonly threads?: number | undefined;
  /** Aborted to end the iteration: it throws the reason of the signal, an `AbortError` unless another was given. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Proposes regions: boxes that may hold an object of any kind, best first. No model is needed. Gives one outcome per image, in the order
 * of the images. An image that cannot be read or decoded gives a rejected outcome and affects no other image. Images are read only
 * as outcomes are taken; leaving the loop ends the reading.
 * @param images a list, an async iterable, or a single image
 * @throws the reason of the signal, if it is aborted
 * @throws {@link UserError} for an invalid option or image argument, from the iteration
 * @example
 * for await (const image of proposeRegions('photo.jpg', { max: 10 })) {
 *   if (image.status === 'proposed') for (const { x, y, width, height } of image.regions) console.log(x, y, width, height);
 * }
 */
export function proposeRegions(
  images: ImageInput | Iterable<ImageInput> | AsyncIterable<ImageInput>,
  options: ProposeRegionsOptions = {},
): AsyncIterableIterator<RegionsOutcome> {
  setProcessDefaults();
  return leavable(async function* (left) {
    const { proposeForProgram } = await import('./cli/engine/regions/propose-for-program.ts');
    const outcomes = proposeForProgram(images, options);
    left.addEventListener('abort', () => void outcomes.return(), { once: true });
    yield* outcomes;
  });
}

/**
 * Lists the models that can be opened by name, and what is in the cache. Never uses the network.
 * @throws {@link UserError} if your own catalog (INCEPTION_CATALOG) cannot be read
 * @example
 * for (const { name, about, state } of await listModels()) console.log(name, state, about);
 */
export async function listModels(): Promise<AvailableModel[]> {
  const { listModels: list } = await import('./cli/engine/models/list-models.ts');
  return (await list()).map(({ name, about, labels, license, downloadBytes, state, directory }) => {
    return { name, about, labels, license, downloadBytes, state, directory };
  });
}

/**
 * Downloads and makes a model, so that it opens without a network.
 * @param name one of `listModels`
 * @returns the model directory, in the user's cache folder
 * @throws {@link UserError} for an unknown name, or a model that cannot be downloaded
 * @example
 * const directory = await pullModel('googlenet', { onStep: console.error });
 */
export async function pullModel(name: string, options: PullModelOptions = {}): Promise<string> {
  setProcessDefaults();
  const { pullLibraryModel } = await import('./cli/engine/models/pull-library-model.ts');
  return pullLibraryModel(name, options);
}
