import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { buildLossGraph, buildMomentsGraph, buildPredictionGraph } from './head-graphs.ts';
import type { Examples, LinearHead } from './linear-head.ts';

/** How embeddings are brought to one scale: (x − mean) · scale. */
export interface Scaling {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** Sums over images of the cross-entropy, and of its derivatives. */
export interface SummedLoss {
  readonly loss: number;
  readonly byWeights: Float64Array;
  readonly byBias: Float64Array;
}

/** The arithmetic of fitting a linear layer to examples, run by onnxruntime a block of images at a time. */
export interface HeadMath {
  /** Mean and variance of each number of the embeddings of some images. */
  moments(rows: readonly number[]): Promise<{ mean: Float64Array; variance: Float64Array }>;
  /** @param head over scaled embeddings */
  loss(rows: readonly number[], scaling: Scaling, head: LinearHead): Promise<SummedLoss>;
  /** The most probable class of each image; the head is over embeddings as they are. */
  best(rows: readonly number[], head: LinearHead): Promise<number[]>;
  close(): Promise<void>;
}

/** Numbers of a block at most, be it of embeddings or of probabilities: 64 MB of each. */
const blockNumbers = 2 ** 24;
/** Multiply-adds below which a second thread costs more than it does. */
const worthThreads = 2e6;

/**
 * Opens the arithmetic for these examples, which are read where they lie.
 * @param numbers of a block at most, see above
 */
export async function openHeadMath(
  { embeddings, size, labels, classes }: Examples,
  numbers: number = blockNumbers,
): Promise<HeadMath> {
  const images = labels.length;
  const block = Math.max(1, Math.floor(numbers / Math.max(size, classes)));
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    ...(images * size * classes < worthThreads ? { intraOpNumThreads: 1 } : {}),
  };
  const open = (graph: Graph) => InferenceSession.create(encodeModel(modelOf(graph)), options);
  const sessions = await Promise.all([
    open(buildMomentsGraph(size)),
    open(buildLossGraph(size, classes)),
    open(buildPredictionGraph(size, classes)),
  ]);
  const [moments, loss, best] = sessions;
  const all = new Tensor('float32', embeddings, [images, size]);
  const vector = (data: Float32Array) => new Tensor('float32', data, [data.length]);
  const matrix = (data: Float32Array) => new Tensor('float32', data, [classes, size]);

  async function* blocks(rows: readonly number[]) {
    for (let start = 0; start < rows.length; start += block) {
      const own = BigInt64Array.from(rows.slice(start, start + block), BigInt);
      yield { embeddings: all, rows: new Tensor('int64', own, [own.length]) };
    }
  }

  return {
    async moments(rows) {
      const mean = new Float64Array(size);
      const variance = new Float64Array(size);
      for await (const feeds of blocks(rows)) {
        const { sum, squares } = await moments.run(feeds);
        add(mean, floats(sum));
        add(variance, floats(squares));
      }
      for (let at = 0; at < size; at += 1) {
        const average = (mean[at] ?? 0) / rows.length;
        mean[at] = average;
        variance[at] = Math.max(0, (variance[at] ?? 0) / rows.length - average * average);
      }
      return { mean, variance };
    },
    async loss(rows, { mean, scale }, { weights, bias }) {
      const byWeights = new Float64Array(classes * size);
      const byBias = new Float64Array(classes);
      const fixed = { mean: vector(mean), scale: vector(scale), weights: matrix(weights), bias: vector(bias) };
      let sum = 0;
      for await (const feeds of blocks(rows)) {
        const own = BigInt64Array.from(bigints(feeds.rows), (row) => labels[Number(row)] ?? 0n);
        const found = await loss.run({ ...feeds, ...fixed, labels: new Tensor('int64', own, [own.length]) });
        sum -= floats(found['logLikelihood'])[0] ?? Number.NaN;
        add(byWeights, floats(found['byWeights']));
        add(byBias, floats(found['byBias']));
      }
      return { loss: sum, byWeights, byBias };
    },
    async best(rows, { weights, bias }) {
      const classesOf: number[] = [];
      for await (const feeds of blocks(rows)) {
        const found = await best.run({ ...feeds, weights: matrix(weights), bias: vector(bias) });
        for (const own of bigints(found['best'])) classesOf.push(Number(own));
      }
      return classesOf;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.release()));
    },
  };
}

function floats(value: unknown): Float32Array {
  if (value instanceof Tensor && value.data instanceof Float32Array) return value.data;
  throw new Error('expected onnxruntime to give floats');
}

function bigints(value: unknown): BigInt64Array {
  if (value instanceof Tensor && value.data instanceof BigInt64Array) return value.data;
  throw new Error('expected onnxruntime to give int64');
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}
