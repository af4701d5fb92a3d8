import { floatAttribute, intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { formClasses, formSize } from './import-forms.ts';
import { Sketch } from './sketch.ts';

const width = 8;
const heads = 2;
const side = formSize / 4;
/** Height and width of a window, tokens. */
const window = 2;
const across = side / window;
const windows = across ** 2;
const tokens = window ** 2;

/**
 * A Swin transformer as `torch.onnx.export` writes it for a fixed batch: patches by a Conv, then blocks that attend
 * within windows. The windows of all images are the first axis of the attention. The second block shifts the maps by
 * one token and masks tokens that were not neighbors.
 */
export function swinExport(batch: number): Graph {
  const sketch = new Sketch({ opset: 17 });
  const reshaped = (value: string, ...shape: number[]) => sketch.node('Reshape', [value, sketch.ints(shape)]);
  const transposed = (value: string, ...perm: number[]) =>
    sketch.node('Transpose', [value], [intsAttribute('perm', perm)]);
  const normalized = (value: string) =>
    sketch.node(
      'LayerNormalization',
      [value, sketch.positive(width), sketch.weights([width], 0.5)],
      [intAttribute('axis', -1), floatAttribute('epsilon', 1e-5)],
    );
  const linear = (value: string, to: number) =>
    sketch.node('Add', [sketch.node('MatMul', [value, sketch.weights([width, to], 0.8)]), sketch.weights([to], 0.5)]);
  const exchanged = (value: string) => transposed(value, 0, 1, 3, 2, 4, 5);
  /** `torch.roll` by one token along rows and columns. */
  const rolled = (value: string, start: number) =>
    [1, 2].reduce((maps, axis) => {
      const part = (from: number, to: number) =>
        sketch.node('Slice', [maps, ...[[from], [to], [axis]].map((numbers) => sketch.ints(numbers))]);
      return sketch.node('Concat', [part(start, side), part(0, start)], [intAttribute('axis', axis)]);
    }, value);
  const attended = (maps: string, mask: string | undefined) => {
    const apart = exchanged(reshaped(maps, batch, across, window, across, window, width));
    const joint = linear(reshaped(apart, batch * windows, tokens, width), 3 * width);
    const parts = transposed(reshaped(joint, batch * windows, tokens, 3, heads, width / heads), 2, 0, 3, 1, 4);
    const [query = '', key = '', values = ''] = [0, 1, 2].map((part) =>
      sketch.node('Gather', [parts, sketch.ints([part], [])]),
    );
    const products = sketch.node('MatMul', [query, transposed(key, 0, 1, 3, 2)]);
    const scores = sketch.node('Add', [products, sketch.weights([1, heads, tokens, tokens], 1)]);
    const masked =
      mask === undefined
        ? scores
        : reshaped(
            sketch.node('Add', [reshaped(scores, batch, windows, heads, tokens, tokens), mask]),
            ...[-1, heads, tokens, tokens],
          );
    const weights = sketch.node('Softmax', [masked], [intAttribute('axis', -1)]);
    const mixed = transposed(sketch.node('MatMul', [weights, values]), 0, 2, 1, 3);
    const projected = linear(reshaped(mixed, batch * windows, tokens, width), width);
    const together = exchanged(reshaped(projected, batch, across, across, window, window, width));
    return reshaped(together, batch, side, side, width);
  };
  const stem = sketch.node(
    'Conv',
    ['pixels', sketch.weights([width, 3, 4, 4], 0.3), sketch.weights([width], 0.5)],
    [intsAttribute('kernel_shape', [4, 4]), intsAttribute('strides', [4, 4])],
  );
  const patches = transposed(stem, 0, 2, 3, 1);
  const first = sketch.node('Add', [patches, attended(normalized(patches), undefined)]);
  const mask = sketch.weights([1, windows, 1, tokens, tokens], 5);
  const shifted = rolled(attended(rolled(normalized(first), 1), mask), side - 1);
  const second = sketch.node('Add', [first, shifted]);
  const vector = sketch.node(
    'ReduceMean',
    [normalized(second)],
    [intsAttribute('axes', [1, 2]), intAttribute('keepdims', 0)],
  );
  const value = sketch.node(
    'Gemm',
    [vector, sketch.weights([formClasses, width], 1), sketch.weights([formClasses], 0.5)],
    [intAttribute('transB', 1)],
  );
  return sketch.graph(
    { name: 'pixels', shape: [batch, 3, formSize, formSize] },
    { value, shape: [batch, formClasses] },
  );
}
