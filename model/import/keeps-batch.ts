import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { integerData } from '../onnx/tensor.ts';

/** Operators that work element by element; their other operands broadcast. */
const elementwise = [
  ...[
    'Abs',
    'Add',
    'Cast',
    'Clip',
    'Div',
    'Dropout',
    'Elu',
    'Exp',
    'HardSigmoid',
    'HardSwish',
    'Identity',
    'LeakyRelu',
  ],
  ...['Log', 'Max', 'Min', 'Mul', 'Neg', 'PRelu', 'Pow', 'Relu', 'Sigmoid', 'Sqrt', 'Sub', 'Sum', 'Tanh'],
] as const;

/** Operators over [batch, channels, ...] whose first input alone may depend on the images. */
const layers = [
  ...['AveragePool', 'BatchNormalization', 'Conv', 'ConvTranspose', 'GlobalAveragePool', 'GlobalMaxPool'],
  ...['InstanceNormalization', 'LRN', 'MaxPool'],
] as const;

/**
 * True where a node gives, for a batch of images along the first axis, the batch of what it gives for each image.
 * False where that is not so or not known.
 * @param images the values that depend on the images, each with the batch as its first axis
 */
export function keepsBatch(node: NodeProto, graph: Graph, images: ReadonlySet<string>): boolean {
  const onlyFirst = node.input.every((name, index) => images.has(name) === (index === 0));
  if (isOperator(node, ...elementwise)) return true;
  if (isOperator(node, ...layers, 'MatMul')) return onlyFirst;
  if (isOperator(node, 'Gemm')) return onlyFirst && getInt(node, 'transA', 0) === 0;
  if (isOperator(node, 'Concat')) {
    return getInt(node, 'axis', 1) !== 0 && node.input.every((name) => images.has(name));
  }
  if (isOperator(node, 'Flatten')) return getInt(node, 'axis', 1) === 1;
  if (isOperator(node, 'Softmax', 'LogSoftmax')) return getInt(node, 'axis', graph.opset < 13 ? 1 : -1) !== 0;
  if (isOperator(node, 'Transpose')) return getInts(node, 'perm')?.[0] === 0;
  if (isOperator(node, 'ReduceMean', 'Squeeze', 'Unsqueeze')) {
    // Negative axes are counted from the end, whose distance from the batch is not known here.
    return axesOf(node, graph)?.every((axis) => axis > 0) ?? false;
  }
  return false;
}

function axesOf(node: NodeProto, graph: Graph): number[] | undefined {
  const tensor = graph.initializers.get(node.input[1] ?? '');
  return tensor === undefined ? getInts(node, 'axes') : integerData(tensor);
}
