import { createHash } from 'node:crypto';
import ort from 'onnxruntime-node';
import { emptyGraph, modelOf } from '../model/graph/graph.ts';
import { makeNode } from '../model/graph/node.ts';
import { makeValue } from '../model/graph/value.ts';
import { encodeModel } from '../model/onnx/model-file.ts';
import type { ClassifiedRow } from '../shared/rows/row.ts';

interface SyntheticOptions {
  readonly rows: number;
  /** Length of an embedding. */
  readonly dimensions: number;
  /** Number of labels; the embeddings of each are clustered around one center. */
  readonly classes: number;
}

/** Rows per part, as a worker flushes them. */
const rowsPerPart = 512;
/** Number of directions in which the embeddings of a class differ. */
const rank = 32;
/** Size of the differences, relative to the centers. */
const spread = 0.35;
/** One image in 200 is a near duplicate of the previous one. */
const duplicateEvery = 200;

/**
 * Deterministic classified rows, one part at a time. The embeddings resemble pooled activations: non-negative, half of the
 * numbers zero, clustered by class, with deviations in 32 directions that all classes share. Real embeddings have more
 * structure, which would help an index.
 */
export async function* syntheticRows(options: SyntheticOptions): AsyncGenerator<ClassifiedRow[]> {
  const { rows, classes, dimensions } = options;
  const random = randomNumbers(1);
  const embed = await embedder({ dimensions, classes, random });
  let last = { label: 0, offsets: new Float32Array(rank) };
  for (let start = 0; start < rows; start += rowsPerPart) {
    const count = Math.min(rowsPerPart, rows - start);
    const labels = new BigInt64Array(count);
    const offsets = new Float32Array(count * rank);
    for (let row = 0; row < count; row += 1) {
      const isCopy = (start + row) % duplicateEvery === duplicateEvery - 1;
      const label = isCopy ? last.label : Math.floor(random() * classes);
      const rowOffsets = offsets.subarray(row * rank, (row + 1) * rank);
      for (let axis = 0; axis < rank; axis += 1) {
        rowOffsets[axis] = isCopy ? (last.offsets[axis] ?? 0) + 0.02 * bell(random) : bell(random);
      }
      labels[row] = BigInt(label);
      last = { label, offsets: rowOffsets };
    }
    const embeddings = await embed(labels, offsets);
    yield Array.from(labels, (label, row) =>
      syntheticRow(start + row, Number(label), embeddings.subarray(row * dimensions, (row + 1) * dimensions)),
    );
  }
}

const syntheticModel = { model: 'synthetic@0123456789ab', preprocess: 'fedcba9876543210' } as const;

function syntheticRow(number: number, label: number, embedding: Float32Array): ClassifiedRow {
  const etag = createHash('md5').update(String(number)).digest('hex');
  const key = `${String(Math.floor(number / 1000)).padStart(5, '0')}/${etag.slice(0, 12)}.jpg`;
  const time = new Date(Date.UTC(2026, 0, 1) + number * 10);
  const best = { label_id: `n${String(label).padStart(8, '0')}`, label: `class ${label}`, probability: 0.75 };
  const next = { label_id: `n${String(label + 1).padStart(8, '0')}`, label: `class ${label + 1}`, probability: 0.25 };
  return {
    image_id: `drop/${key}@${etag}`,
    bucket: 'drop',
    key,
    version: null,
    etag,
    job: `job ${number % 3}`,
    ...syntheticModel,
    status: 'classified',
    reason: null,
    detail: null,
    ...best,
    top: [best, next],
    embedding,
    width: 500,
    height: 375,
    format: 'jpeg',
    bytes: 109_527,
    provider: 'cpu',
    sequencer: null,
    event_time: time,
    ingested_at: time,
    classified_at: new Date(time.getTime() + 1500),
  };
}

/** relu(center of the label + offsets · directions), computed by onnxruntime: a JavaScript loop would be too slow. */
async function embedder({
  dimensions,
  classes,
  random,
}: Pick<SyntheticOptions, 'dimensions' | 'classes'> & { random: () => number }) {
  const graph = {
    ...emptyGraph('embeddings', { irVersion: 8, opset: 13 }),
    inputs: [
      makeValue('centers', 'float', [classes, dimensions]),
      makeValue('directions', 'float', [rank, dimensions]),
      makeValue('labels', 'int64', ['N']),
      makeValue('offsets', 'float', ['N', rank]),
    ],
    outputs: [makeValue('embeddings', 'float', ['N', dimensions])],
    nodes: [
      makeNode('Gather', ['centers', 'labels'], ['middle']),
      makeNode('MatMul', ['offsets', 'directions'], ['away']),
      makeNode('Add', ['middle', 'away'], ['moved']),
      makeNode('Relu', ['moved'], ['embeddings']),
    ],
  };
  const session = await ort.InferenceSession.create(encodeModel(modelOf(graph)), { logSeverityLevel: 3 });
  const bells = (count: number, size: number) => Float32Array.from({ length: count }, () => size * bell(random));
  const centers = new ort.Tensor('float32', bells(classes * dimensions, 1), [classes, dimensions]);
  const size = spread / Math.sqrt(rank);
  const directions = new ort.Tensor('float32', bells(rank * dimensions, size), [rank, dimensions]);
  return async (labels: BigInt64Array, offsets: Float32Array): Promise<Float32Array> => {
    const { embeddings } = await session.run({
      centers,
      directions,
      labels: new ort.Tensor('int64', labels, [labels.length]),
      offsets: new ort.Tensor('float32', offsets, [labels.length, rank]),
    });
    if (!(embeddings?.data instanceof Float32Array)) throw new TypeError('the embeddings are not float32');
    return embeddings.data;
  };
}

/** Reproducible random numbers in [0, 1): a 32-bit xorshift, whose period is sufficient here. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Approximately normal with variance 1: the scaled sum of four uniform numbers. */
function bell(random: () => number): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}
