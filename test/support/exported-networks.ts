import { floatAttribute, intAttribute, intsAttribute, tensorAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';
import { Sketch } from './sketch.ts';

/**
 * Small networks written by hand in the operator patterns of exporters. They keep the order of operators, the attributes,
 * the form of constants and the dynamic axes of real exports, but not their depth.
 */
export interface Exported {
  readonly graph: Graph;
  /** Name of the value that feeds the last linear layer. */
  readonly features: string;
  readonly featureCount: number;
}

export const exportedSize = 32;
export const exportedClasses = 5;

const size = exportedSize;
const classes = exportedClasses;
const features = 16;

export interface TorchOptions {
  readonly opset: number;
  readonly batch: 'fixed' | 'free';
  /** Keep BatchNormalization nodes, as an export without constant folding does. */
  readonly batchNorm?: boolean;
  readonly transformInput?: boolean;
  /** `view`: a traced `x.view(x.size(0), -1)`. */
  readonly flatten?: 'Flatten' | 'view';
}

/** torchvision's `googlenet` from the tracing exporter: branches, ceil-mode pools, global average pool, logits. */
export function torchvisionExport(options: TorchOptions): Exported {
  const { opset, batch, batchNorm = false, transformInput = false, flatten = 'Flatten' } = options;
  const sketch = new Sketch({ opset });
  const basic = (input: string, from: number, to: number, kernel: number, stride = 1): string => {
    const convolved = sketch.conv(input, from, to, kernel, { stride, bias: !batchNorm });
    return sketch.node('Relu', [batchNorm ? batchNormalized(sketch, convolved, to) : convolved]);
  };
  // Operator set 9 has no ceil mode: the exporter pads one side instead.
  const ceil = opset < 10 ? intsAttribute('pads', [0, 0, 1, 1]) : intAttribute('ceil_mode', 1);
  const pool = (input: string, stride: number) =>
    sketch.node(
      'MaxPool',
      [input],
      [
        stride === 1 ? intsAttribute('pads', [1, 1, 1, 1]) : ceil,
        intsAttribute('kernel_shape', [3, 3]),
        intsAttribute('strides', [stride, stride]),
      ],
    );
  const stem = pool(basic(transformInput ? transformed(sketch, 'input') : 'input', 3, 8, 7, 2), 2);
  const joined = sketch.node(
    'Concat',
    [
      basic(stem, 8, 4, 1),
      basic(basic(stem, 8, 3, 1), 3, 4, 3),
      basic(basic(stem, 8, 2, 1), 2, 4, 3),
      basic(pool(stem, 1), 8, 4, 1),
    ],
    [intAttribute('axis', 1)],
  );
  const pooled = sketch.node('GlobalAveragePool', [joined]);
  const vector =
    flatten === 'view' ? viewed(sketch, pooled) : sketch.node('Flatten', [pooled], [intAttribute('axis', 1)]);
  const logits = gemm(sketch, vector);
  const first = batch === 'free' ? 'batch' : 1;
  const graph = sketch.graph(
    { name: 'input', shape: [first, 3, size, size] },
    // The tracing exporter does not infer the number of classes after a Reshape to a computed shape.
    { value: logits, shape: [first, flatten === 'view' ? 'Gemmoutput_dim_1' : classes] },
  );
  return { graph, features: vector, featureCount: features };
}

/** timm's Inception: average pools that include padding (a separate Pad in older exports), and a mean by ReduceMean. */
export function timmExport({ opset, batch }: Pick<TorchOptions, 'opset' | 'batch'>): Exported {
  const sketch = new Sketch({ opset });
  const basic = (input: string, from: number, to: number, kernel: number, stride = 1) =>
    sketch.node('Relu', [sketch.conv(input, from, to, kernel, { stride })]);
  const stem = basic('x', 3, 8, 3, 2);
  const averaged = sketch.node(
    'AveragePool',
    [padded(sketch, stem, 1)],
    [
      intAttribute('count_include_pad', 1),
      intsAttribute('kernel_shape', [3, 3]),
      intsAttribute('pads', [0, 0, 0, 0]),
      intsAttribute('strides', [1, 1]),
    ],
  );
  const joined = sketch.node(
    'Concat',
    [basic(padded(sketch, stem, 0), 8, 8, 3), basic(sketch.node('Identity', [averaged]), 8, 8, 1)],
    [intAttribute('axis', 1)],
  );
  const vector =
    opset < 18
      ? sketch.node('ReduceMean', [joined], [intsAttribute('axes', [2, 3]), intAttribute('keepdims', 0)])
      : sketch.node('ReduceMean', [joined, sketch.ints([-1, -2])], [intAttribute('keepdims', 0)]);
  const logits = gemm(sketch, vector);
  const first = batch === 'free' ? 'batch_size' : 1;
  const graph = sketch.graph({ name: 'x', shape: [first, 3, size, size] }, { value: logits, shape: [first, classes] });
  return { graph, features: vector, featureCount: features };
}

/** PyTorch's `torch.export` exporter, operator set 18: constants as lists, the dynamic batch taken from a Shape. */
export function torchExportExport(): Exported {
  const sketch = new Sketch({ opset: 18 });
  const relu = sketch.node('Relu', [sketch.conv('x', 3, features, 3, { stride: 2 })]);
  const axes = sketch.node('Constant', [], [intsAttribute('value_ints', [-1, -2])]);
  const mean = sketch.node(
    'ReduceMean',
    [relu, axes],
    [intAttribute('keepdims', 1), intAttribute('noop_with_empty_axes', 0)],
  );
  const batch = sketch.node('Shape', ['x'], [intAttribute('end', 1), intAttribute('start', 0)]);
  const rest = sketch.node('Constant', [], [intsAttribute('value_ints', [features])]);
  const shape = sketch.node('Concat', [batch, rest], [intAttribute('axis', 0)]);
  const vector = sketch.node('Reshape', [mean, shape], [intAttribute('allowzero', 1)]);
  const logits = gemm(sketch, vector);
  const graph = sketch.graph({ name: 'x', shape: ['s0', 3, size, size] }, { value: logits, shape: ['s0', classes] });
  return { graph, features: vector, featureCount: features };
}

/** A Keras network from tf2onnx: a channels-last input, a Transpose to channels first, MatMul with Add, Softmax. */
export function tensorflowExport({ batch }: Pick<TorchOptions, 'batch'>): Exported {
  const sketch = new Sketch({ opset: 13 });
  const first = batch === 'free' ? 'unk__100' : 1;
  const planes = sketch.node('Transpose', ['input_1'], [intsAttribute('perm', [0, 3, 1, 2])]);
  const relu = sketch.node('Relu', [sketch.conv(planes, 3, features, 3, { stride: 2 })]);
  const mean = sketch.node('GlobalAveragePool', [relu]);
  const vector = sketch.node('Squeeze', [mean, sketch.ints([2, 3])]);
  const product = sketch.node('MatMul', [vector, sketch.weights([features, classes], 1)]);
  const logits = sketch.node('Add', [product, sketch.weights([classes], 0.5)]);
  const output = sketch.node('Softmax', [logits], [intAttribute('axis', -1)]);
  const graph = sketch.graph(
    { name: 'input_1', shape: [first, size, size, 3] },
    { value: output, shape: [first, classes] },
  );
  return { graph, features: vector, featureCount: features };
}

/** A network whose last layer is a 1×1 convolution, with the average pool after it (SqueezeNet) or before it. */
export function convolutionalHead({ average }: { average: 'before' | 'after' }): Exported {
  const sketch = new Sketch({ opset: 9 });
  const relu = sketch.node('Relu', [sketch.conv('data', 3, features, 3, { stride: 2 })]);
  const averaged = sketch.node('GlobalAveragePool', [relu]);
  const output =
    average === 'before'
      ? sketch.node('Squeeze', [sketch.conv(averaged, features, classes, 1)], [intsAttribute('axes', [2, 3])])
      : sketch.node('GlobalAveragePool', [sketch.node('Relu', [sketch.conv(relu, features, classes, 1)])]);
  const probabilities = sketch.node('Softmax', [output], [intAttribute('axis', 1)]);
  const shape = average === 'before' ? [1, classes] : [1, classes, 1, 1];
  const graph = sketch.graph({ name: 'data', shape: [1, 3, size, size] }, { value: probabilities, shape });
  return { graph, features: averaged, featureCount: features };
}

function gemm(sketch: Sketch, vector: string): string {
  const inputs = [vector, sketch.weights([classes, features], 1), sketch.weights([classes], 0.5)];
  return sketch.node('Gemm', inputs, [
    floatAttribute('alpha', 1),
    floatAttribute('beta', 1),
    intAttribute('transB', 1),
  ]);
}

function batchNormalized(sketch: Sketch, value: string, channels: number): string {
  const [scale, bias, mean] = [1, 0.3, 0.3].map((amplitude) => sketch.weights([channels], amplitude));
  return sketch.node(
    'BatchNormalization',
    [value, scale ?? '', bias ?? '', mean ?? '', sketch.positive(channels)],
    [floatAttribute('epsilon', 0.001), floatAttribute('momentum', 0.9)],
  );
}

/** torchvision's `transform_input`: `x[:, channel]` for each channel, scaled and shifted by its own constants. */
function transformed(sketch: Sketch, image: string): string {
  const channels = [0.458, 0.448, 0.45].map((factor, channel) => {
    const index = makeTensor('', [], BigInt64Array.of(BigInt(channel)));
    const indexName = sketch.node('Constant', [], [tensorAttribute('value', index)]);
    const gathered = sketch.node('Gather', [image, indexName], [intAttribute('axis', 1)]);
    const plane =
      sketch.opset < 13
        ? sketch.node('Unsqueeze', [gathered], [intsAttribute('axes', [1])])
        : sketch.node('Unsqueeze', [gathered, sketch.ints([1])]);
    const scaled = sketch.node('Mul', [plane, sketch.float(factor)]);
    return sketch.node('Add', [scaled, sketch.float(-0.03 * (channel + 1))]);
  });
  return sketch.node('Concat', channels, [intAttribute('axis', 1)]);
}

/** A traced `x.view(x.size(0), -1)`. */
function viewed(sketch: Sketch, value: string): string {
  const shape = sketch.node('Shape', [value]);
  const batch = sketch.node('Gather', [shape, sketch.ints([0], [])], [intAttribute('axis', 0)]);
  const unsqueezed = (scalar: string) =>
    sketch.opset < 13
      ? sketch.node('Unsqueeze', [scalar], [intsAttribute('axes', [0])])
      : sketch.node('Unsqueeze', [scalar, sketch.ints([0])]);
  const rest = unsqueezed(sketch.ints([-1], []));
  const target = sketch.node('Concat', [unsqueezed(batch), rest], [intAttribute('axis', 0)]);
  return sketch.node('Reshape', [value, target]);
}

/** A separate Pad node with zeros, even if `size` is 0. */
function padded(sketch: Sketch, value: string, size: number): string {
  const pads = [0, 0, size, size, 0, 0, size, size];
  return sketch.opset < 11
    ? sketch.node('Pad', [value], [intsAttribute('pads', pads)])
    : sketch.node('Pad', [value, sketch.ints(pads), sketch.float(0)]);
}
