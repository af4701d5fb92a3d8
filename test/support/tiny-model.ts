import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import { emptyGraph, type Graph, modelOf } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import { addUint8Input } from '../../model/import/input/add-uint8-input.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import type { TensorProto } from '../../model/onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../../model/onnx/tensor.ts';
import { withReferenceOutput } from '../../model/write-model-directory.ts';
import { manifestFile } from '../../shared/models/model-directory.ts';
import { type ModelManifest, type Preprocess, parseManifest } from '../../shared/models/model-manifest.ts';

export const tinyEmbeddingSize = 8;

export interface TinyModelOptions {
  /** Classes; their ids are `t0`, `t1`, ... */
  readonly labels?: number;
  /** Height and width of the crop, pixels; images are warped to 4 more. */
  readonly size?: number;
  /** Channels between the two convolutions; onnxruntime's WebGPU provider gives wrong results for 6. */
  readonly channels?: number;
}

/**
 * Writes a model directory with a network of two convolutions, 8 features and a softmax. A formula gives its weights, so
 * different images get different scores, the same on every machine.
 */
export async function writeTinyModel(directory: string, options: TinyModelOptions = {}): Promise<ModelManifest> {
  const { labels = 4, size = 32, channels = 6 } = options;
  const preprocess = tinyPreprocess(size);
  const { graph } = addUint8Input(tinyNetwork(labels, size, channels), { preprocess, networkOrder: 'RGB' });
  const network = encodeModel(modelOf(graph));
  const sha256 = createHash('sha256').update(network).digest('hex');
  const described = parseManifest({
    formatVersion: 1,
    name: 'tiny',
    version: '1',
    file: 'model.onnx',
    sha256,
    input: { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [size, size, 3] },
    preprocess,
    outputs: { probabilities: 'probabilities', embedding: 'embedding', embeddingSize: tinyEmbeddingSize },
    labels: Array.from({ length: labels }, (_, index) => ({ id: `t${index}`, name: `tiny ${index}` })),
    source: { file: 'tiny', sha256 },
  });
  const manifest = await withReferenceOutput(described, network);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, manifest.file), network);
  await writeFile(join(directory, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

export function tinyPreprocess(size: number): Preprocess {
  return {
    resize: { rule: 'warp', width: size + 4, height: size + 4 },
    crop: { rule: 'center', width: size, height: size },
    colourOrder: 'RGB',
    mean: [123, 117, 104],
    scale: [1, 1, 1],
    background: [255, 255, 255],
  };
}

/** The network with a float input, from `data` [N, 3, size, size] to `probabilities` and `embedding`. */
export function tinyNetwork(labels: number, size: number, channels = 6): Graph {
  const weights = [
    wave('conv1_w', [channels, 3, 3, 3], 0.02, 1),
    wave('conv1_b', [channels], 0.5, 2),
    wave('conv2_w', [tinyEmbeddingSize, channels, 3, 3], 0.2, 3),
    wave('conv2_b', [tinyEmbeddingSize], 0.5, 4),
    wave('classes_w', [labels, tinyEmbeddingSize], 1, 5),
    wave('classes_b', [labels], 0.5, 6),
  ];
  const strided = [intsAttribute('kernel_shape', [3, 3]), intsAttribute('strides', [2, 2])];
  return {
    ...emptyGraph('tiny', { irVersion: 8, opset: 13 }),
    inputs: [makeValue('data', 'float', ['N', 3, size, size])],
    outputs: [
      makeValue('probabilities', 'float', ['N', labels]),
      makeValue('embedding', 'float', ['N', tinyEmbeddingSize]),
    ],
    nodes: [
      makeNode('Conv', ['data', 'conv1_w', 'conv1_b'], ['conv1'], { attributes: strided }),
      makeNode('Relu', ['conv1'], ['relu1']),
      makeNode('Conv', ['relu1', 'conv2_w', 'conv2_b'], ['conv2'], { attributes: strided }),
      makeNode('Relu', ['conv2'], ['relu2']),
      makeNode('GlobalAveragePool', ['relu2'], ['pool']),
      makeNode('Flatten', ['pool'], ['embedding'], { attributes: [intAttribute('axis', 1)] }),
      makeNode('Gemm', ['embedding', 'classes_w', 'classes_b'], ['logits'], {
        attributes: [intAttribute('transB', 1)],
      }),
      makeNode('Softmax', ['logits'], ['probabilities'], { attributes: [intAttribute('axis', 1)] }),
    ],
    initializers: new Map(weights.map((tensor) => [tensor.name, tensor])),
  };
}

/** Weights between −amplitude and amplitude without a pattern that a small kernel could cancel. */
export function wave(name: string, shape: readonly number[], amplitude: number, phase: number): TensorProto {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, index) => {
    const fraction = (((index + 1) * 0.6180339887 + phase * 0.3819660113) * 7) % 1;
    return amplitude * (2 * fraction - 1);
  });
  return makeTensor(name, shape, data);
}
