import { getInt, getInts, intAttribute, intsAttribute } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshNameOutside, valueNames } from '../../graph/names.ts';
import { isOperator, makeNode } from '../../graph/node.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { makeTensor, tensorShape } from '../../onnx/tensor.ts';
import { constantIntegers } from '../../passes/constant-integers.ts';

/**
 * Selects before a Transpose what is selected after it along its first axis, so that the batch stays the first axis: queries,
 * keys and values of a transformer are often [3, batch, ...] in between. Outputs do not change. Legal only if
 * 1. the Transpose moves another axis to the front, and its output is no output of the network, and
 * 2. every node that reads it is a Gather of one constant index along axis 0, or a Split along axis 0 whose parts are only read
 *    by a Squeeze of that axis.
 */
export function selectBeforeTranspose(graph: Graph): PassResult {
  const links = linksOf(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const used = valueNames(graph);
  const tensors: TensorProto[] = [];
  const replaced = new Map<NodeProto, readonly NodeProto[]>();
  const fresh = (base: string) => {
    const name = freshNameOutside(used, base);
    used.add(name);
    return name;
  };
  /** A node that has one axis less, and the Transpose of the axes that are left. */
  const selected = (node: NodeProto, axes: readonly number[]): readonly NodeProto[] => {
    const [front = 0, ...rest] = axes;
    const output = fresh(`${node.output[0] ?? ''}_in_order`);
    const perm = rest.map((axis) => (axis > front ? axis - 1 : axis));
    return [
      { ...node, output: [output] },
      makeNode('Transpose', [output], node.output, { attributes: [intsAttribute('perm', perm)] }),
    ];
  };
  for (const transpose of graph.nodes) {
    const perm = isOperator(transpose, 'Transpose') ? getInts(transpose, 'perm') : undefined;
    const [source = '', moved = ''] = [transpose.input[0], transpose.output[0]];
    const [front] = perm ?? [];
    if (perm === undefined || front === undefined || front === 0 || outputs.has(moved)) continue;
    const readers = links.consumers(moved);
    const axis = intAttribute('axis', front);
    const edits = new Map<NodeProto, readonly NodeProto[]>();
    for (const node of readers) {
      if (isOperator(node, 'Gather') && gathersOne(node, graph)) {
        edits.set(node, selected({ ...node, input: [source, node.input[1] ?? ''], attribute: [axis] }, perm));
        continue;
      }
      const squeezes = isOperator(node, 'Split') && getInt(node, 'axis', 0) === 0 ? squeezesOf(node, graph) : undefined;
      if (squeezes === undefined || node.output.some((name) => outputs.has(name))) break;
      const others = node.attribute.filter(({ name }) => name !== 'axis');
      edits.set(node, [{ ...node, input: [source, ...node.input.slice(1)], attribute: [axis, ...others] }]);
      for (const squeeze of squeezes) {
        const part = squeeze.input[0] ?? '';
        if (graph.opset < 13) {
          edits.set(squeeze, selected({ ...squeeze, attribute: [intsAttribute('axes', [front])] }, perm));
        } else {
          const axes = fresh(`${part}_axes`);
          tensors.push(makeTensor(axes, [1], BigInt64Array.of(BigInt(front))));
          edits.set(squeeze, selected({ ...squeeze, input: [part, axes], attribute: [] }, perm));
        }
      }
    }
    if (!readers.every((node) => edits.has(node))) continue;
    for (const [node, nodes] of edits) replaced.set(node, nodes);
    replaced.set(transpose, []);
  }
  if (replaced.size === 0) return { graph, modified: false };
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]),
      initializers: new Map([...graph.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
    },
    modified: true,
  };
}

function gathersOne(node: NodeProto, { initializers }: Graph): boolean {
  const index = initializers.get(node.input[1] ?? '');
  return getInt(node, 'axis', 0) === 0 && index !== undefined && tensorShape(index).length === 0;
}

/** The nodes that drop the axis of each part of a Split; undefined if another node reads one. */
function squeezesOf(split: NodeProto, graph: Graph): readonly NodeProto[] | undefined {
  const readers = split.output.flatMap((name) => linksOf(graph).consumers(name));
  const dropsFirst = (node: NodeProto) =>
    isOperator(node, 'Squeeze') && (getInts(node, 'axes') ?? constantIntegers(graph, node.input[1]))?.join() === '0';
  return readers.every(dropsFirst) ? readers : undefined;
}
