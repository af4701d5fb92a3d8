import { floatAttribute, intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { formClasses, formSize } from './import-forms.ts';
import { Sketch } from './sketch.ts';

export interface TorchForm {
  readonly opset: number;
  /** `free`: the batch is read from the image's shape, as with dynamic shapes. */
  readonly batch: 1 | 'free';
  /**
   * How a transformer takes queries, keys and values apart: parts of the features, or after they were moved to the front,
   * as timm's `qkv.reshape(...).permute(2, 0, 3, 1, 4).unbind(0)`.
   */
  readonly parts?: 'Slice' | 'Gather' | 'Split';
}

const width = 8;
const tokens = (formSize / 4) ** 2;
const lastAxis = [intAttribute('axis', -1), floatAttribute('epsilon', 1e-6)];

/**
 * ConvNeXt as `torch.onnx.export` writes it: a 4×4 stem, blocks of a depthwise 7×7 Conv, LayerNormalization over channels
 * last, two linear layers with a GELU and a scale per channel, and a mean with its axes as an input.
 */
export function convNextExport({ opset, batch }: TorchForm): Graph {
  const sketch = new Sketch({ opset });
  const last = (value: string) => sketch.node('Transpose', [value], [intsAttribute('perm', [0, 2, 3, 1])]);
  const first = (value: string) => sketch.node('Transpose', [value], [intsAttribute('perm', [0, 3, 1, 2])]);
  const stem = sketch.node(
    'Conv',
    ['pixels', sketch.weights([width, 3, 4, 4], 0.3), sketch.weights([width], 0.5)],
    [intsAttribute('kernel_shape', [4, 4]), intsAttribute('strides', [4, 4])],
  );
  let maps = first(normalized(sketch, last(stem)));
  for (let block = 0; block < 2; block += 1) {
    const depthwise = sketch.node(
      'Conv',
      [maps, sketch.weights([width, 1, 7, 7], 0.3), sketch.weights([width], 0.5)],
      [...[intAttribute('group', width), intsAttribute('kernel_shape', [7, 7])], intsAttribute('pads', [3, 3, 3, 3])],
    );
    const scaled = sketch.node('Mul', [
      feedForward(sketch, normalized(sketch, last(depthwise))),
      sketch.weights([width], 1),
    ]);
    maps = sketch.node('Add', [maps, first(scaled)]);
  }
  const pooled = sketch.node('ReduceMean', [maps, sketch.ints([-1, -2])], [intAttribute('keepdims', 1)]);
  const vector = sketch.node('Flatten', [first(normalized(sketch, last(pooled)))], [intAttribute('axis', 1)]);
  return classified(sketch, vector, batch);
}

/**
 * A vision transformer as `torch.onnx.export` writes it: patches by a Conv, a class token that is expanded to the batch,
 * attention with two heads, and the class token as the vector of the image.
 */
export function vitExport({ opset, batch, parts = 'Slice' }: TorchForm): Graph {
  const sketch = new Sketch({ opset });
  const reshaped = (value: string, ...shape: number[]) => {
    if (batch === 1) return sketch.node('Reshape', [value, sketch.ints([1, ...shape])], [intAttribute('allowzero', 1)]);
    const images = sketch.node('Shape', ['pixels'], [intAttribute('start', 0), intAttribute('end', 1)]);
    const target = sketch.node('Concat', [images, sketch.ints(shape)], [intAttribute('axis', 0)]);
    return sketch.node('Reshape', [value, target], [intAttribute('allowzero', 1)]);
  };
  const expanded = (token: string) => {
    if (batch === 1) return sketch.node('Expand', [token, sketch.ints([1, -1, -1].map(Math.abs))]);
    const images = sketch.node('Shape', ['pixels'], [intAttribute('start', 0), intAttribute('end', 1)]);
    const target = sketch.node('Concat', [images, sketch.ints([1, width])], [intAttribute('axis', 0)]);
    return sketch.node('Expand', [token, target]);
  };
  const patches = sketch.node(
    'Conv',
    ['pixels', sketch.weights([width, 3, 4, 4], 0.3), sketch.weights([width], 0.5)],
    [intsAttribute('kernel_shape', [4, 4]), intsAttribute('strides', [4, 4])],
  );
  const sequence = sketch.node('Transpose', [reshaped(patches, width, tokens)], [intsAttribute('perm', [0, 2, 1])]);
  const joined = sketch.node(
    'Concat',
    [expanded(sketch.weights([1, 1, width], 1)), sequence],
    [intAttribute('axis', 1)],
  );
  let value = sketch.node('Add', [joined, sketch.weights([1, tokens + 1, width], 1)]);
  for (let block = 0; block < 2; block += 1) {
    const input = normalized(sketch, value);
    const heads = (projected: string) =>
      sketch.node('Transpose', [reshaped(projected, tokens + 1, 2, width / 2)], [intsAttribute('perm', [0, 2, 1, 3])]);
    const sliced = (joint: string, part: number) =>
      heads(
        sketch.node('Slice', [
          joint,
          ...[[part * width], [(part + 1) * width], [2]].map((numbers) => sketch.ints(numbers)),
        ]),
      );
    const moved = (joint: string) => {
      const apart = reshaped(joint, tokens + 1, 3, 2, width / 2);
      const front = sketch.node('Transpose', [apart], [intsAttribute('perm', [2, 0, 3, 1, 4])]);
      if (parts === 'Gather') return [0, 1, 2].map((part) => sketch.node('Gather', [front, sketch.ints([part], [])]));
      return sketch.split(front, 3).map((part) => sketch.node('Squeeze', [part, sketch.ints([0])]));
    };
    const joint = linear(sketch, input, width, 3 * width);
    const [query, key, values] = parts === 'Slice' ? [0, 1, 2].map((part) => sliced(joint, part)) : moved(joint);
    const keys = sketch.node('Transpose', [key ?? ''], [intsAttribute('perm', [0, 1, 3, 2])]);
    const scores = sketch.node('Mul', [sketch.node('MatMul', [query ?? '', keys]), sketch.float(0.5)]);
    const weights = sketch.node('Softmax', [scores], [intAttribute('axis', -1)]);
    const mixed = sketch.node(
      'Transpose',
      [sketch.node('MatMul', [weights, values ?? ''])],
      [intsAttribute('perm', [0, 2, 1, 3])],
    );
    value = sketch.node('Add', [value, linear(sketch, reshaped(mixed, tokens + 1, width), width, width)]);
    value = sketch.node('Add', [value, feedForward(sketch, normalized(sketch, value))]);
  }
  const vector = sketch.node('Gather', [normalized(sketch, value), sketch.ints([0], [])], [intAttribute('axis', 1)]);
  return classified(sketch, vector, batch);
}

function normalized(sketch: Sketch, value: string): string {
  return sketch.node('LayerNormalization', [value, sketch.positive(width), sketch.weights([width], 0.5)], lastAxis);
}

function linear(sketch: Sketch, value: string, from: number, to: number): string {
  return sketch.node('Add', [
    sketch.node('MatMul', [value, sketch.weights([from, to], 0.8)]),
    sketch.weights([to], 0.5),
  ]);
}

/** Two linear layers with a GELU, one operator since 20. */
function feedForward(sketch: Sketch, value: string): string {
  return linear(sketch, gelu(sketch, linear(sketch, value, width, 2 * width)), 2 * width, width);
}

function gelu(sketch: Sketch, value: string): string {
  if (sketch.opset >= 20) return sketch.node('Gelu', [value]);
  const erf = sketch.node('Erf', [sketch.node('Div', [value, sketch.float(Math.SQRT2)])]);
  const raised = sketch.node('Add', [erf, sketch.float(1)]);
  return sketch.node('Mul', [sketch.node('Mul', [value, raised]), sketch.float(0.5)]);
}

function classified(sketch: Sketch, vector: string, batch: TorchForm['batch']): Graph {
  const weights = [sketch.weights([formClasses, width], 1), sketch.weights([formClasses], 0.5)];
  const value = sketch.node('Gemm', [vector, ...weights], [intAttribute('transB', 1)]);
  const images = batch === 'free' ? 'batch' : 1;
  return sketch.graph(
    { name: 'pixels', shape: [images, 3, formSize, formSize] },
    { value, shape: [images, formClasses] },
  );
}
