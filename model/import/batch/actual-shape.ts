import { intAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { makeTensor } from '../../onnx/tensor.ts';

/** Nodes that replace one, and the weights that they need. */
export interface PerImage {
  readonly nodes: readonly NodeProto[];
  readonly tensors: readonly TensorProto[];
}

/**
 * Nodes that compute the shape [actual batch, ...rest].
 * @param image a value whose first axis is the batch
 * @param base start of the names of new values
 * @returns `shape`, the name of the computed shape
 */
export function actualShape(
  graph: Graph,
  { image, rest, base }: { readonly image: string; readonly rest: readonly number[]; readonly base: string },
): PerImage & { readonly shape: string } {
  const name = (suffix: string) => freshName(graph, `${base}_${suffix}`);
  const [whole, batch, shape] = [name('shape'), name('batch'), name('sizes')];
  const [start, end, sizes] = [name('start'), name('end'), name('rest')];
  const integers = (tensor: string, values: readonly number[]) =>
    makeTensor(tensor, [values.length], BigInt64Array.from(values, BigInt));
  return {
    shape,
    nodes: [
      makeNode('Shape', [image], [whole]),
      makeNode('Slice', [whole, start, end], [batch]),
      makeNode('Concat', [batch, sizes], [shape], { attributes: [intAttribute('axis', 0)] }),
    ],
    tensors: [integers(start, [0]), integers(end, [1]), integers(sizes, rest)],
  };
}
