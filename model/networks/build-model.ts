import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import { type DecodeRule, defaultDecodeRule } from '../../shared/models/decode-rule.ts';
import {
  type ModelManifest,
  type Preprocess,
  parseManifest,
  preprocessWithDecodeRule,
} from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { addUint8Input, imageInput } from '../import/input/add-uint8-input.ts';
import { checkLabelCount, type Labels, readLabels } from '../import/labels.ts';
import { countParameters } from '../inspect/count-parameters.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { checkReplaceable, networkFile } from '../replace-directory.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { copyWeights } from './copy-weights.ts';
import { findNetwork, type Network, networks, publishedPixels } from './networks.ts';
import { compareWithPublished, type PublishedWeights, readPublishedWeights } from './published-weights.ts';
import { compareWithTrunk, readTrunk, withTrunk } from './trunk.ts';

export interface BuildOptions {
  /** Name of a network, see `networks`. */
  readonly network: string;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  /** Path of the label file, see `readLabels`; by default the classes are numbered. */
  readonly labels?: string;
  /** Path of an `.onnx` file of the same network to copy the weights from, see `copyWeights`; by default random. */
  readonly weights?: string;
  /**
   * Model directory to copy all layers before the classifier from, with its preprocessing and image size, see
   * `copyTrunkWeights`. The classifier gets random weights, to be trained.
   */
  readonly trunk?: string;
  /** By default the number of labels, or the paper's number of classes. */
  readonly classes?: number;
  /** Height and width of the image, pixels; by default the paper's. */
  readonly size?: number;
  /** Multiplies the filters of every layer except the last; 1 by default. */
  readonly width?: number;
  /** Inception modules with dimension reduction (the default) or without. GoogLeNet and `compact-inception` only. */
  readonly modules?: 'reduced' | 'naive';
  /** Adds the auxiliary classifiers as outputs. Inception networks only. */
  readonly auxiliary?: boolean;
  /** Batch normalization instead of biases and local response normalization; by default as in the paper. */
  readonly batchNorm?: boolean;
  /** Seed of the random weights; 1 by default. */
  readonly seed?: number;
  /** That of the trunk, or else `defaultDecodeRule`, by default. */
  readonly decode?: DecodeRule;
}

export interface BuildResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly parameters: number;
  /**
   * Largest difference of a probability from the published network, or of a feature of the embedding from the trunk's,
   * relative to the largest one; absent if they cannot be compared.
   */
  readonly difference?: number;
}

/** Standard deviation of ImageNet pixels. Scaled inputs keep random layers in range. */
const deviation = 58;

/**
 * Builds a network and writes a model directory, with random weights or those of a published file. Deterministic: the
 * same options give the same bytes.
 * @throws {UserError} if an option, the labels or the weights are invalid; then nothing is written
 */
export async function buildModel(options: BuildOptions): Promise<BuildResult> {
  const { network: name, out, overwrite, seed = 1, width = 1, modules = 'reduced', auxiliary = false } = options;
  const network = findNetwork(name);
  const { batchNorm = network.batchNorm } = options;
  if (modules === 'naive' && !network.hasNaiveModules) {
    throw new UserError(`${name} has no naive modules: omit modules, or choose ${namesOf('hasNaiveModules')}`);
  }
  if (auxiliary && !network.hasAuxiliary) {
    throw new UserError(`${name} has no auxiliary classifiers: omit auxiliary, or choose ${namesOf('hasAuxiliary')}`);
  }
  if (!(width > 0 && Number.isFinite(width))) throw new UserError(`the width is ${width}: give a number above 0`);
  checkInteger('seed', seed, 0);
  if (options.trunk !== undefined && (options.weights ?? options.size) !== undefined) {
    throw new UserError('the trunk gives the weights and the image size: omit weights and size');
  }
  await checkReplaceable(out, overwrite);
  const labels = await labelsOf(options, network);
  const trunk = options.trunk === undefined ? undefined : await readTrunk(options.trunk);
  const size = checkInteger('size', trunk?.model.manifest.preprocess.crop.height ?? options.size ?? network.size, 1);
  const published = options.weights === undefined ? undefined : await readPublishedWeights(options.weights, network);
  const built = network.build({
    classes: labels.length,
    size,
    width,
    seed,
    modules,
    auxiliary,
    batchNorm,
    dropout: false,
  });
  const copied = trunk === undefined ? undefined : withTrunk(built, trunk);
  const body = copied?.graph ?? (published === undefined ? built : withWeights(built, published));
  const given = trunk?.model.manifest.preprocess ?? preprocessOf(network, size, published !== undefined);
  const preprocess = options.decode === undefined ? given : preprocessWithDecodeRule(given, options.decode);
  const { graph } = addUint8Input(body, { preprocess, networkOrder: published?.networkOrder ?? 'RGB' });
  const bytes = encodeModel(modelOf(graph));
  const draft = manifestOf({
    ...{ name, labels, preprocess, graph, bytes },
    source: published?.file ?? trunk?.model.manifest.source,
    version: published?.file.sha256.slice(0, 12) ?? `random-${seed}`,
  });
  const difference = published
    ? await compareWithPublished(published, bytes, draft)
    : trunk && (await compareWithTrunk(trunk, copied?.features ?? '', bytes, draft));
  const manifest = await writeModelDirectory(out, draft, bytes);
  const parameters = countParameters(graph);
  return { directory: out, manifest, parameters, ...(difference === undefined ? {} : { difference }) };
}

function namesOf(property: 'hasNaiveModules' | 'hasAuxiliary'): string {
  const names = Object.keys(networks).filter((name) => networks[name]?.[property]);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function checkInteger(option: string, value: number, min: number): number {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new UserError(`${option} is ${value}: give an integer of at least ${min}`);
  }
  return value;
}

async function labelsOf({ labels: file, classes }: BuildOptions, network: Network): Promise<Labels> {
  if (classes !== undefined) checkInteger('classes', classes, 2);
  if (file === undefined) {
    const count = classes ?? network.classes;
    return Array.from({ length: count }, (_, index) => ({ id: String(index), name: `class ${index}` }));
  }
  const labels = await readLabels(file);
  if (labels.length < 2) throw new UserError(`${file} has one label: a classifier has at least two`);
  if (classes !== undefined) checkLabelCount(labels, classes, file);
  return labels;
}

function withWeights(built: Graph, { graph, file }: PublishedWeights): Graph {
  try {
    return copyWeights(built, graph);
  } catch (cause) {
    if (cause instanceof UserError)
      throw new UserError(`the weights of ${file.path} do not fit: ${cause.message}`, { cause });
    throw cause;
  }
}

function preprocessOf(network: Network, size: number, hasPublishedWeights: boolean): Preprocess {
  const resized = Math.round((size * network.resized) / network.size);
  const pixels = publishedPixels[network.publishedPixels];
  const scale = hasPublishedWeights || pixels.scale !== 1 ? pixels.scale : 1 / deviation;
  const preprocess: Preprocess = {
    resize: { rule: 'warp', width: resized, height: resized },
    crop: { rule: 'center', width: size, height: size },
    colourOrder: 'RGB',
    mean: [...pixels.mean],
    scale: [scale, scale, scale],
    background: [255, 255, 255],
  };
  return preprocessWithDecodeRule(preprocess, defaultDecodeRule);
}

interface ManifestParts {
  readonly name: string;
  readonly labels: Labels;
  readonly preprocess: Preprocess;
  readonly graph: Graph;
  readonly bytes: Uint8Array;
  readonly source: ModelManifest['source'] | undefined;
  readonly version: string;
}

function manifestOf({ name, labels, preprocess, graph, bytes, source: known, version }: ManifestParts): ModelManifest {
  const { height, width } = preprocess.crop;
  const sha256 = digestOf(bytes);
  const source = known ?? { file: networkFile, sha256 };
  const [, embedding] = graph.outputs;
  return parseManifest({
    formatVersion: 1,
    name,
    version,
    file: networkFile,
    sha256,
    input: { name: imageInput, dtype: 'uint8', layout: 'NHWC', shape: [height, width, 3] },
    preprocess,
    outputs: {
      probabilities: 'probabilities',
      embedding: 'embedding',
      embeddingSize: embedding === undefined ? undefined : tensorType(embedding).shape?.[1],
    },
    labels,
    source: { file: source.file, sha256: source.sha256 },
  });
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
