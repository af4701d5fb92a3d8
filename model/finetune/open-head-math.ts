import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { buildLossGraph, buildMomentsGraph, buildPredictionGraph } from './head-graphs.ts';
import type { Examples, LinearHead } from './linear-head.ts';

/** Standardization of embeddings: (x − mean) · scale. */
export interface Scaling {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** The cross-entropy and its gradient, summed over rows. */
export interface SummedLoss {
  readonly loss: number;
  readonly weightGradient: Float64Array;
  readonly biasGradient: Float64Array;
}

/** The arithmetic for fitting a linear layer, run by onnxruntime on blocks of embeddings. `rows` are their indices. */
export interface HeadMath {
  /** Mean and variance of each component of the embeddings. */
  moments(rows: readonly number[]): Promise<{ mean: Float64Array; variance: Float64Array }>;
  /** @param head a layer over scaled embeddings */
  loss(rows: readonly number[], scaling: Scaling, head: LinearHead): Promise<SummedLoss>;
  /** Probabilities, [rows, classes]. @param head a layer over unscaled embeddings */
  probabilities(rows: readonly number[], head: LinearHead): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Maximum number of floats in a block of embeddings or of probabilities: 64 MB of each. */
const maxBlockFloats = 2 ** 24;
/** Below this number of multiply-adds, a second thread costs more than it saves. */
const minThreadedProducts = 2e6;

/** @param blockFloats see `maxBlockFloats` */
export async function openHeadMath(
  { embeddings, size, labels, classes }: Examples,
  blockFloats: number = maxBlockFloats,
): Promise<HeadMath> {
  const images = labels.length;
  const block = Math.max(1, Math.floor(blockFloats / Math.max(size, classes)));
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    ...(images * size * classes < minThreadedProducts ? { intraOpNumThreads: 1 } : {}),
  };
  const open = (graph: Graph) => InferenceSession.create(encodeModel(modelOf(graph)), options);
  const sessions = await Promise.all([
    open(buildMomentsGraph(size)),
    open(buildLossGraph(size, classes)),
    open(buildPredictionGraph(size, classes)),
  ]);
  const [moments, loss, prediction] = sessions;
  const all = new Tensor('float32', embeddings, [images, size]);
  const vector = (data: Float32Array) => new Tensor('float32', data, [data.length]);
  const matrix = (data: Float32Array) => new Tensor('float32', data, [classes, size]);

  async function* blocks(rows: readonly number[]) {
    for (let start = 0; start < rows.length; start += block) {
      const indices = BigInt64Array.from(rows.slice(start, start + block), BigInt);
      yield { embeddings: all, rows: new Tensor('int64', indices, [indices.length]) };
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
      const weightGradient = new Float64Array(classes * size);
      const biasGradient = new Float64Array(classes);
      const fixed = { mean: vector(mean), scale: vector(scale), weights: matrix(weights), bias: vector(bias) };
      let sum = 0;
      for await (const feeds of blocks(rows)) {
        const targets = BigInt64Array.from(bigints(feeds.rows), (row) => labels[Number(row)] ?? 0n);
        const outputs = await loss.run({ ...feeds, ...fixed, labels: new Tensor('int64', targets, [targets.length]) });
        sum -= floats(outputs['logLikelihood'])[0] ?? Number.NaN;
        add(weightGradient, floats(outputs['weightGradient']));
        add(biasGradient, floats(outputs['biasGradient']));
      }
      return { loss: sum, weightGradient, biasGradient };
    },
    async probabilities(rows, { weights, bias }) {
      const all = new Float32Array(rows.length * classes);
      let offset = 0;
      for await (const feeds of blocks(rows)) {
        const layer = { weights: matrix(weights), bias: vector(bias) };
        const values = floats((await prediction.run({ ...feeds, ...layer }, ['probabilities']))['probabilities']);
        all.set(values, offset);
        offset += values.length;
      }
      return all;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.release()));
    },
  };
}

function floats(value: unknown): Float32Array {
  if (value instanceof Tensor && value.data instanceof Float32Array) return value.data;
  throw new Error('onnxruntime did not return floats');
}

function bigints(value: unknown): BigInt64Array {
  if (value instanceof Tensor && value.data instanceof BigInt64Array) return value.data;
  throw new Error('onnxruntime did not return int64');
}

function add(sums: Float64Array, values: Float32Array): void {
  for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}
