import { intsAttribute } from '../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import { addUint8Input } from '../../model/import/input/add-uint8-input.ts';
import type { NodeProto, TensorProto } from '../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { wave } from './run-graph.ts';
import { tinyPreprocess } from './tiny-model.ts';

/** Height and width of the images, pixels. */
export const size = 16;
const preprocess = { ...tinyPreprocess(size), scale: [0.02, 0.018, 0.017] as [number, number, number] };
export const manifest = {
  file: 'test.onnx',
  input: { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [size, size, 3] },
  preprocess,
} satisfies Partial<ModelManifest>;

const images = 4;
const pixels = Uint8Array.from(wave(images * size * size * 3, 2), (value) => 128 + Math.round(100 * value));
/** The same images as separate crops and as one batch for `network`. */
export const crops = Array.from({ length: images }, (_, image) =>
  pixels.slice((image * pixels.length) / images, ((image + 1) * pixels.length) / images),
);
export const feeds = { image: { shape: [images, size, size, 3], data: pixels } };

/** A network with a uint8 input and these nodes, from `x` [N, 3, 16, 16] to `y`. */
export function network(
  nodes: readonly NodeProto[],
  tensors: readonly TensorProto[],
  shape: readonly (number | string)[],
  { opset = 11 } = {},
): Graph {
  const graph = {
    ...emptyGraph('test', { irVersion: 8, opset }),
    inputs: [makeValue('x', 'float', ['N', 3, size, size])],
    outputs: [makeValue('y', 'float', shape)],
    nodes,
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
  return addUint8Input(graph, { preprocess, networkOrder: 'RGB' }).graph;
}

/** A convolution and a Relu. With a stride of 1, it keeps the image size. */
export function convolution(from: string, to: string, filters: number, channels: number, kernel = 3, stride = 1) {
  const pad = kernel >> 1;
  const count = filters * channels * kernel * kernel;
  return {
    nodes: [
      makeNode('Conv', [from, `${to}_w`, `${to}_b`], [`${to}_c`], {
        attributes: [intsAttribute('strides', [stride, stride]), intsAttribute('pads', [pad, pad, pad, pad])],
      }),
      makeNode('Relu', [`${to}_c`], [to]),
    ],
    tensors: [
      makeTensor(`${to}_w`, [filters, channels, kernel, kernel], wave(count, filters + kernel)),
      makeTensor(`${to}_b`, [filters], wave(filters, 4)),
    ],
  };
}
