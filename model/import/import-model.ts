import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import { type ModelManifest, parseManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { encodeModel } from '../onnx/model-file.ts';
import type { PublishedFile } from '../onnx/read-network.ts';
import { checkReplaceable, networkFile } from '../replace-directory.ts';
import { checkProbabilities } from '../verify/check-outputs.ts';
import { measureParity, type Parity } from '../verify/parity.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { readSource } from './file/read-source.ts';
import { embeddingOutput } from './head/expose-embedding.ts';
import { probabilitiesOutput } from './head/name-probabilities.ts';
import { importNotes } from './import-notes.ts';
import { imageInput } from './input/add-uint8-input.ts';
import { checkLabelCount, type Labels, numberedLabels, readLabels } from './labels.ts';
import type { NameOption } from './option-name.ts';
import { prepareNetwork } from './prepare-network.ts';
import {
  cropSizeOf,
  type NamedPreprocessing,
  type PreprocessingOptions,
  resolvePreprocessing,
} from './preprocessing-options.ts';
import { openPublished } from './published-network.ts';

export interface ImportOptions extends PreprocessingOptions {
  /** Path of the published `.onnx` file, or of the folder or the `model.json` of a TensorFlow.js model. */
  readonly source: string;
  /** Path of the label file, see `readLabels`; by default the labels are those of the preset, or `class-0`, `class-1`, ... */
  readonly labels?: string | undefined;
  /** Name of the output with the class probabilities or logits; needed if the network has several. */
  readonly output?: string | undefined;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  /** How errors name a missing option or one without an effect. @default as on the command line */
  readonly nameOption?: NameOption | undefined;
}

export interface ImportResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly parity: Parity;
  /** What an import changed or did not use, one line each. */
  readonly notes: readonly string[];
}

/**
 * Converts a published classifier to a model directory, and checks that both give the same probabilities. Deterministic:
 * the same source gives the same bytes.
 * @throws {UserError} if source, options, labels or `out` are invalid, or the outputs differ; then nothing is written
 */
export async function importModel(options: ImportOptions): Promise<ImportResult> {
  const { source, labels: labelFile, out, overwrite, nameOption } = options;
  const size = cropSizeOf(options);
  await checkReplaceable(out, overwrite);
  const namedLabels = labelFile === undefined ? undefined : await readLabels(labelFile);
  const file = await readSource(source, { size });
  const published = await namingFile(file, () => openPublished(file, options.output));
  const given = resolvePreprocessing(options, source, { image: published.image, nameOption });
  const preprocessing = published.image.type === 'uint8' ? withoutNormalization(given) : given;
  const prepared = await namingFile(file, () => prepareNetwork(published, preprocessing));
  const { graph, classes } = prepared;
  if (namedLabels !== undefined) checkLabelCount(namedLabels, classes, labelFile ?? '');
  const labels = namedLabels ?? presetLabels(given.labels, classes) ?? numberedLabels(classes);
  const network = encodeModel(modelOf(graph));
  const manifest = manifestOf({
    preprocessing,
    labels,
    graph,
    network,
    file,
    output: options.output,
  });
  const warnings = await namingFile(file, () => checkProbabilities(network, manifest));
  const parity = await measureParity(published, network, manifest, preprocessing.networkOrder);
  if (parity.fault !== undefined) {
    throw new UserError(`the imported network differs from ${source}: ${parity.fault}; nothing was written`);
  }
  const notes = [...importNotes(published, prepared, given.preprocess), ...warnings];
  return { directory: out, manifest: await writeModelDirectory(out, manifest, network), parity, notes };
}

/** Names the file in errors about its network. */
async function namingFile<T>(file: PublishedFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`${file.path}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** A network of bytes normalizes its images itself. */
function withoutNormalization({ preprocess, ...given }: NamedPreprocessing): NamedPreprocessing {
  return { ...given, preprocess: { ...preprocess, mean: [0, 0, 0], scale: [1, 1, 1] } };
}

/** The labels of the preset, if the network has as many classes. */
function presetLabels(names: readonly string[] | undefined, classes: number): Labels | undefined {
  return names?.length === classes ? names.map((name) => ({ id: name, name })) : undefined;
}

interface ManifestParts {
  readonly preprocessing: NamedPreprocessing;
  readonly labels: Labels;
  readonly graph: Graph;
  readonly network: Uint8Array;
  readonly file: PublishedFile;
  readonly output: string | undefined;
}

function manifestOf({ preprocessing, labels, graph, network, file, output }: ManifestParts): ModelManifest {
  const { preprocess, name } = preprocessing;
  return parseManifest({
    formatVersion: 1,
    name,
    // Published networks have no version, so the digest of the file identifies it.
    version: file.sha256.slice(0, 12),
    file: networkFile,
    sha256: sha256(network),
    input: {
      name: imageInput,
      dtype: 'uint8',
      layout: 'NHWC',
      shape: [preprocess.crop.height, preprocess.crop.width, 3],
    },
    preprocess,
    outputs: {
      probabilities: probabilitiesOutput,
      embedding: embeddingOutput,
      embeddingSize: embeddingSizeOf(graph),
    },
    labels,
    source: { file: file.file, sha256: file.sha256, ...(output !== undefined && { output }) },
  });
}

function embeddingSizeOf(graph: Graph): number | undefined {
  const output = graph.outputs.find(({ name }) => name === embeddingOutput);
  const size = output === undefined ? undefined : tensorType(output).shape?.[1];
  return typeof size === 'number' ? size : undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
