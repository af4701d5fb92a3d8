import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { type ModelManifest, parseManifest } from '../../shared/models/model-manifest.ts';
import { endsInSoftmax } from '../graph/classifier-tail.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { decodeModel, encodeModel, readModelBytes } from '../onnx/model-file.ts';
import { checkReplaceable, networkFile } from '../replace-directory.ts';
import { measureParity, type Parity, parityTolerance } from '../verify/parity.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { embeddingOutput } from './head/expose-embedding.ts';
import { probabilitiesOutput } from './head/name-probabilities.ts';
import { imageInput } from './input/add-uint8-input.ts';
import { checkLabelCount, type Labels, numberedLabels, readLabels } from './labels.ts';
import { type PreparedNetwork, prepareNetwork } from './prepare-network.ts';
import { type NamedPreprocessing, type PreprocessingOptions, resolvePreprocessing } from './preprocessing-options.ts';

export interface ImportOptions extends PreprocessingOptions {
  /** Path of the published `.onnx` file. */
  readonly source: string;
  /** Path of the label file, see `readLabels`; by default the labels are `class-0`, `class-1`, ... */
  readonly labels?: string | undefined;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

export interface ImportResult {
  readonly directory: string;
  readonly manifest: ModelManifest;
  readonly parity: Parity;
}

/**
 * Converts a published classifier to a model directory, and checks that both give the same probabilities. Deterministic:
 * the same source gives the same bytes.
 * @throws {UserError} if source, options, labels or `out` are invalid, or the outputs differ; then nothing is written
 */
export async function importModel(options: ImportOptions): Promise<ImportResult> {
  const { source, labels: labelFile, out, overwrite } = options;
  const preprocessing = resolvePreprocessing(options, source);
  await checkReplaceable(out, overwrite);
  const namedLabels = labelFile === undefined ? undefined : await readLabels(labelFile);
  const bytes = await readModelBytes(source);
  const { published, graph, classes } = await prepare(bytes, source, preprocessing);
  if (namedLabels !== undefined) checkLabelCount(namedLabels, classes, labelFile ?? '');
  const labels = namedLabels ?? numberedLabels(classes);
  const network = encodeModel(modelOf(graph));
  const manifest = manifestOf({
    preprocessing,
    labels,
    graph,
    network,
    file: basename(source),
    sourceDigest: sha256(bytes),
  });
  const { networkOrder } = preprocessing;
  const givesProbabilities = endsInSoftmax(published);
  const parity = await measureParity({ bytes, file: source, networkOrder, givesProbabilities }, network, manifest);
  if (parity.maxDifference > parityTolerance) {
    throw new UserError(
      `the imported network differs from ${source}: probabilities differ by ${parity.maxDifference.toExponential(1)} ` +
        `(tolerance ${parityTolerance}); nothing was written`,
    );
  }
  return { directory: out, manifest: await writeModelDirectory(out, manifest, network), parity };
}

async function prepare(
  bytes: Uint8Array,
  source: string,
  preprocessing: NamedPreprocessing,
): Promise<PreparedNetwork & { readonly published: Graph }> {
  const model = decodeModel(bytes, source);
  try {
    const published = graphOf(model);
    return { published, ...(await prepareNetwork(published, preprocessing)) };
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}

interface ManifestParts {
  readonly preprocessing: NamedPreprocessing;
  readonly labels: Labels;
  readonly graph: Graph;
  readonly network: Uint8Array;
  readonly file: string;
  readonly sourceDigest: string;
}

function manifestOf({ preprocessing, labels, graph, network, file, sourceDigest }: ManifestParts): ModelManifest {
  const { preprocess, name } = preprocessing;
  return parseManifest({
    formatVersion: 1,
    name,
    // Published networks have no version, so the digest of the file identifies it.
    version: sourceDigest.slice(0, 12),
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
    source: { file, sha256: sourceDigest },
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
