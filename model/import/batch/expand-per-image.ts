import type { Graph } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { makeTensor } from '../../onnx/tensor.ts';
import { constantIntegers } from '../../passes/constant-integers.ts';
import type { ShapeVectors } from '../../passes/shape-vectors.ts';
import type { ValueTypes } from '../../passes/value-types.ts';
import type { PerImage } from './actual-shape.ts';

/**
 * An Expand of each image, such as that of PyTorch's `normalize` from one length per image to one per feature. Legal
 * only if the value has one row per image, and its shape, which must be known,
 * 1. has fewer axes than the value, and so does not name the batch,
 * 2. or has as many and starts with the batch or 1. The batch of a constant shape is replaced by 1, which keeps the
 *    axis.
 * @param batch the published batch
 * @returns undefined if it is illegal
 */
export function expandPerImage(
  graph: Graph,
  node: NodeProto,
  { shapes, types, batch }: { readonly shapes: ShapeVectors; readonly types: ValueTypes; readonly batch: number },
): PerImage | undefined {
  const [value = '', target = ''] = node.input;
  const [rows, ...axes] = types.get(value)?.shape ?? [];
  const rank = axes.length + 1;
  const sizes = constantIntegers(graph, target);
  const known = shapes.get(target) ?? sizes;
  if (rows !== batch || known === undefined || known.length > rank) return undefined;
  const [first, ...further] = known.length === rank ? known : [1, ...known];
  if (further.includes('batch')) return undefined;
  if (first === 'batch' || first === 1) return { nodes: [node], tensors: [] };
  if (sizes === undefined || first !== batch) return undefined;
  const name = freshName(graph, `${target}_per_image`);
  const perImage = makeTensor(name, [rank], BigInt64Array.from([1, ...sizes.slice(1)], BigInt));
  return { nodes: [{ ...node, input: [value, name] }], tensors: [perImage] };
}
