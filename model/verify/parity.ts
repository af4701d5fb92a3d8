import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { exposeValues } from '../graph/expose-values.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { PublishedNetwork } from '../import/published-network.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { classProbabilities } from './class-probabilities.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type OutputRows, openNetwork, rowsOf, runNetwork } from './network-session.ts';
import { openPublishedSession } from './published-session.ts';
import { syntheticCrops } from './synthetic-crops.ts';

/** Largest accepted difference of a probability between an imported network and its source. */
const parityTolerance = 1e-5;
/** The same for a published network that rounds between its layers. */
const reducedParityTolerance = { 'half-precision': 2e-3, int8: 1e-2 } as const;

/** Largest accepted difference of a logit or embedding value, relative to the largest one of its row. */
const relativeTolerance = 1e-4;

export interface Parity {
  /** Synthetic images: one batch in the imported network, one by one in the published one. */
  readonly images: number;
  /** Largest absolute difference of a probability. */
  readonly maxDifference: number;
  readonly tolerance: number;
  /** The output that differs by more than the tolerance, and by how much; undefined if none does. */
  readonly fault: string | undefined;
}

const images = 3;

/**
 * Compares an imported network with the published one on synthetic images. The imported network gets uint8 RGB pixels in
 * one batch, the published one gets them as its own file says, one image at a time. Logits are compared as such, since a
 * Softmax hides differences of saturated ones, and so is the published network's own embedding.
 * @throws {UserError} if one of them does not run
 */
export async function measureParity(
  published: PublishedNetwork,
  network: Uint8Array,
  manifest: Pick<ModelManifest, 'file' | 'input' | 'outputs' | 'preprocess'>,
  networkOrder: 'RGB' | 'BGR',
): Promise<Parity> {
  const crops = syntheticCrops(images, manifest.preprocess.crop);
  const graph = graphOf(decodeModel(network, manifest.file));
  const logits = published.kind === 'logits' ? logitsOf(graph, manifest.outputs.probabilities) : undefined;
  const comparable = logits === undefined ? network : encodeModel(modelOf(exposeValues(graph, [logits])));
  const own = published.embedding === undefined ? [] : [published.embedding];
  const imported = await openNetwork(comparable, manifest.file);
  const source = await openPublishedSession(published, { preprocess: manifest.preprocess, networkOrder });
  try {
    const values = await runBatch(imported, manifest, crops);
    const probabilities: number[] = [];
    const others: { readonly name: string; readonly difference: number }[] = [];
    for (const [image, crop] of crops.entries()) {
      const [output, embedding] = await source.run(crop, [published.output, ...own]);
      const actual = (name: string) => rowOf(rowsOf(values, name, crops.length), image);
      if (output === undefined) throw new Error('expected the output with the classes');
      probabilities.push(
        maxAbsoluteDifference(classProbabilities(published.kind, output.data), actual(manifest.outputs.probabilities)),
      );
      if (logits !== undefined) {
        others.push({ name: 'logits', difference: relativeDifference(output.data, actual(logits)) });
      }
      if (embedding !== undefined) {
        const difference = relativeDifference(embedding.data, actual(manifest.outputs.embedding));
        others.push({ name: 'embeddings', difference });
      }
    }
    const maxDifference = Math.max(...probabilities);
    const tolerance = published.precision === undefined ? parityTolerance : reducedParityTolerance[published.precision];
    const worst = others.find(({ difference }) => published.precision === undefined && difference > relativeTolerance);
    return { images, maxDifference, tolerance, fault: describeFault(maxDifference, tolerance, worst) };
  } finally {
    await imported.release();
    await source.close();
  }
}

function describeFault(
  maxDifference: number,
  tolerance: number,
  other: { readonly name: string; readonly difference: number } | undefined,
): string | undefined {
  if (maxDifference > tolerance) {
    return `probabilities differ by ${maxDifference.toExponential(1)} (tolerance ${tolerance})`;
  }
  if (other === undefined) return undefined;
  return `${other.name} differ by ${other.difference.toExponential(1)} of the largest (tolerance ${relativeTolerance})`;
}

/** The value from which a network that was imported with logits computes its probabilities. */
function logitsOf(graph: Graph, probabilities: string): string | undefined {
  const links = linksOf(graph);
  const last = links.producer(probabilities);
  const activation = last !== undefined && isOperator(last, 'Concat') ? links.producer(last.input[1] ?? '') : last;
  return activation !== undefined && isOperator(activation, 'Softmax', 'Sigmoid') ? activation.input[0] : undefined;
}

async function runBatch(
  session: InferenceSession,
  { input }: Pick<ModelManifest, 'input'>,
  crops: readonly Uint8Array[],
): Promise<InferenceSession.OnnxValueMapType> {
  const pixels = new Uint8Array(Buffer.concat(crops));
  return runNetwork(session, { [input.name]: new Tensor('uint8', pixels, [crops.length, ...input.shape]) });
}

function rowOf({ size, data }: OutputRows, row: number): Float32Array {
  return data.subarray(row * size, (row + 1) * size);
}

function relativeDifference(expected: Float32Array, actual: Float32Array): number {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return maxAbsoluteDifference(expected, actual) / largest;
}
