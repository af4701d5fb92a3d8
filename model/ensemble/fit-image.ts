import { intAttribute, intsAttribute, tensorAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { freshNameOutside, valueNames } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';
import { resizeMatrix } from './resize-matrix.ts';
import type { ImageFit } from './shared-crop.ts';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Changes a network's image, uint8 [N, height, width, 3], to a larger one from which it is computed: cut out, or resized and
 * rounded to bytes. The network gets the same bytes whatever it does with them.
 * @param image size of the larger image
 */
export function fitImage(graph: Graph, fit: ImageFit, image: ImageSize): Graph {
  const [input] = graph.inputs;
  if (input === undefined || fit.kind === 'same') return graph;
  const used = valueNames(graph);
  const fresh = (base: string) => {
    const name = freshNameOutside(used, base);
    used.add(name);
    return name;
  };
  const whole = fresh('whole_image');
  const nodes = fit.kind === 'cut' ? cut(whole, input.name, fit, fresh) : resize(whole, input.name, fit, image, fresh);
  return {
    ...graph,
    inputs: [makeValue(whole, 'uint8', ['N', image.height, image.width, 3])],
    nodes: [...nodes, ...graph.nodes],
  };
}

/** The first operator set that has the nodes of `fitImage`: the bounds of Slice are inputs since 10. */
export function operatorSetOf({ kind }: ImageFit): number {
  return kind === 'cut' ? 10 : 7;
}

type Fresh = (base: string) => string;

/** A constant that counts as a setting, not as a parameter. */
function setting(name: string, shape: readonly number[], data: TensorData): NodeProto {
  return makeNode('Constant', [], [name], { attributes: [tensorAttribute('value', makeTensor(name, shape, data))] });
}

function cut(whole: string, output: string, fit: ImageFit & { kind: 'cut' }, fresh: Fresh): NodeProto[] {
  const [starts, ends, axes] = [fresh('cut_starts'), fresh('cut_ends'), fresh('cut_axes')];
  const { top, left, height, width } = fit;
  return [
    setting(starts, [2], BigInt64Array.of(BigInt(top), BigInt(left))),
    setting(ends, [2], BigInt64Array.of(BigInt(top + height), BigInt(left + width))),
    setting(axes, [2], BigInt64Array.of(1n, 2n)),
    makeNode('Slice', [whole, starts, ends, axes], [output], { name: 'cut' }),
  ];
}

/**
 * Products with constant matrices instead of a Resize: that operator has another meaning in each operator set, and reduces
 * without aliasing only since 18. Bytes are rounded and clipped with operators that all sets have.
 */
function resize(whole: string, output: string, to: ImageSize, from: ImageSize, fresh: Fresh): NodeProto[] {
  const transposed = (name: string, matrix: Float32Array, rows: number, columns: number) =>
    setting(
      name,
      [columns, rows],
      matrix.map((_, index) => matrix[(index % rows) * columns + Math.floor(index / rows)] ?? 0),
    );
  const name = {
    ...{ planes: fresh('resize_planes'), floats: fresh('resize_floats'), across: fresh('resize_across') },
    ...{ columns: fresh('resize_columns'), rows: fresh('resize_rows'), down: fresh('resize_down') },
    ...{ half: fresh('resize_half'), raised: fresh('resize_raised'), whole: fresh('resize_whole') },
    ...{ positive: fresh('resize_positive'), max: fresh('resize_max'), missing: fresh('resize_missing') },
    ...{ kept: fresh('resize_kept'), clipped: fresh('resize_clipped'), last: fresh('resize_last') },
  };
  const { height, width } = to;
  return [
    makeNode('Transpose', [whole], [name.planes], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] }),
    makeNode('Cast', [name.planes], [name.floats], { attributes: [intAttribute('to', elementType.float)] }),
    transposed(name.columns, resizeMatrix(from.width, width), width, from.width),
    makeNode('MatMul', [name.floats, name.columns], [name.across], { name: 'resize_across' }),
    setting(name.rows, [height, from.height], resizeMatrix(from.height, height)),
    makeNode('MatMul', [name.rows, name.across], [name.down], { name: 'resize_down' }),
    setting(name.half, [], Float32Array.of(0.5)),
    makeNode('Add', [name.down, name.half], [name.raised]),
    makeNode('Floor', [name.raised], [name.whole]),
    makeNode('Relu', [name.whole], [name.positive]),
    setting(name.max, [], Float32Array.of(255)),
    makeNode('Sub', [name.max, name.positive], [name.missing]),
    makeNode('Relu', [name.missing], [name.kept]),
    makeNode('Sub', [name.max, name.kept], [name.clipped]),
    makeNode('Transpose', [name.clipped], [name.last], { attributes: [intsAttribute('perm', [0, 2, 3, 1])] }),
    makeNode('Cast', [name.last], [output], { attributes: [intAttribute('to', elementType.uint8)] }),
  ];
}
