import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { intAttribute } from '../../model/graph/attribute.ts';
import { type Graph, modelOf } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { type Dimension, makeValue } from '../../model/graph/value.ts';
import type { ElementTypeName } from '../../model/onnx/element-type.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import type { AttributeProto, TensorProto } from '../../model/onnx/onnx_pb.ts';
import { Sketch } from './sketch.ts';

/** Height and width of the images, pixels. */
export const formSize = 16;
export const formClasses = 4;
export const formFeatures = 8;

export interface FormOptions {
  readonly opset?: number;
  readonly channels?: 1 | 3;
  /** First axis of input and output. */
  readonly batch?: Dimension;
  readonly classes?: number;
}

/** The parts of a small classifier, to be put together in other forms. */
export function formParts({ opset = 17, channels = 3, classes = formClasses }: FormOptions = {}) {
  const sketch = new Sketch({ opset });
  const maps = (image: string): string => {
    const first = sketch.node('Relu', [sketch.conv(image, channels, formFeatures, 3, { stride: 2 })]);
    return sketch.node('Relu', [sketch.conv(first, formFeatures, formFeatures, 3, { stride: 2 })]);
  };
  const vector = (value: string): string =>
    sketch.node('Flatten', [sketch.node('GlobalAveragePool', [value])], [intAttribute('axis', 1)]);
  const linear = (value: string): string =>
    sketch.node(
      'Gemm',
      [value, sketch.weights([classes, formFeatures], 2), sketch.weights([classes], 0.5)],
      [intAttribute('transB', 1)],
    );
  return { sketch, maps, vector, linear, classify: (image: string) => linear(vector(maps(image))) };
}

/** The classifier from float images [batch, channels, 16, 16], `pixels`, to logits [batch, classes], `logits`. */
export function plainForm(options: FormOptions = {}): Graph {
  const { channels = 3, batch = 'N', classes = formClasses } = options;
  const { sketch, classify } = formParts(options);
  const value = classify('pixels');
  const graph = sketch.graph(
    { name: 'pixels', shape: [batch, channels, formSize, formSize] },
    { value, shape: [batch, classes] },
  );
  const nodes = graph.nodes.map((node) => (node.output[0] === value ? { ...node, output: ['logits'] } : node));
  return withOutputs({ ...graph, nodes }, ['logits', 'float', [batch, classes]]);
}

/** A graph with these outputs instead of its own. */
export function withOutputs(
  graph: Graph,
  ...outputs: readonly [string, ElementTypeName, readonly Dimension[]][]
): Graph {
  return { ...graph, outputs: outputs.map(([name, type, shape]) => makeValue(name, type, shape)) };
}

/** A graph with another input of these pixels. */
export function withInput(graph: Graph, type: ElementTypeName, shape: readonly Dimension[]): Graph {
  return { ...graph, inputs: [makeValue('pixels', type, shape)] };
}

export type NodeRow = readonly [
  operator: string,
  inputs: readonly string[],
  output: string,
  ...attributes: readonly AttributeProto[],
];

/** Adds nodes after the others. */
export function append(graph: Graph, ...rows: readonly NodeRow[]): Graph {
  return { ...graph, nodes: [...graph.nodes, ...rows.map(toNode)] };
}

/** Adds nodes before the others, which then read the last output of these instead of the pixels. */
export function prepend(graph: Graph, ...rows: readonly NodeRow[]): Graph {
  const last = rows.at(-1)?.[2] ?? 'pixels';
  const nodes = graph.nodes.map((node) => ({
    ...node,
    input: node.input.map((name) => (name === 'pixels' ? last : name)),
  }));
  return { ...graph, nodes: [...rows.map(toNode), ...nodes] };
}

function toNode([operator, inputs, output, ...attributes]: NodeRow) {
  return makeNode(operator, inputs, [output], { attributes });
}

/** A graph with more weights. */
export function withWeights(graph: Graph, ...tensors: readonly TensorProto[]): Graph {
  return {
    ...graph,
    initializers: new Map([...graph.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
  };
}

export async function writeGraph(folder: string, graph: Graph, name = 'published.onnx'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, encodeModel(modelOf(graph)));
  return path;
}
