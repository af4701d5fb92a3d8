import { getInt, intAttribute, intsAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { freshNameOutside, valueNames } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import { inferValueShapes } from '../inspect/value-shapes.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { elementCount, makeTensor } from '../onnx/tensor.ts';

/** Nodes that compute values from the embedding, in order, and the constants that they read. */
export interface EmbeddingSources {
  readonly nodes: readonly NodeProto[];
  readonly tensors: readonly TensorProto[];
}

/** Operators that keep every number of their input, some of them only if the shapes allow it. */
const keeping = ['Flatten', 'GlobalAveragePool', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze'] as const;

/**
 * Computes from an embedding the values from which a network computed it without loss: another shape of the same numbers,
 * such as [N, 1, size] or maps of one pixel, and the parts of a Concat along the classes, as in an ensemble.
 */
export async function embeddingSources(graph: Graph, embedding: string): Promise<EmbeddingSources> {
  const { shapes } = await inferValueShapes(graph);
  const links = linksOf(graph);
  const nodes: NodeProto[] = [];
  const tensors: TensorProto[] = [];
  const computed = new Set([embedding]);
  const used = valueNames(graph);
  const integers = (values: readonly number[]): string => {
    const name = freshNameOutside(used, 'embedding_sizes');
    used.add(name);
    tensors.push(makeTensor(name, [values.length], BigInt64Array.from(values, BigInt)));
    return name;
  };
  const waiting = [embedding];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const producer = links.producer(value);
    const sources = producer === undefined ? [] : sourcesOf(producer, value, shapes);
    if (sources.length === 0 || sources.some((name) => computed.has(name) || graph.initializers.has(name))) continue;
    const [first = '', ...others] = sources;
    if (others.length === 0) {
      nodes.push(makeNode('Reshape', [value, integers([0, ...(shapes.get(first)?.slice(1) ?? [])])], [first]));
    } else {
      const sizes = sources.map((name) => shapes.get(name)?.[1] ?? 0);
      nodes.push(split(value, sources, graph.opset < 13 ? { attribute: sizes } : { input: integers(sizes) }));
    }
    for (const source of sources) computed.add(source);
    waiting.push(...sources);
  }
  return { nodes, tensors };
}

/** The values that a node joins or gives another shape; empty if they cannot be computed from its output. */
function sourcesOf(node: NodeProto, output: string, shapes: ReadonlyMap<string, readonly number[]>): readonly string[] {
  if (isOperator(node, 'Concat') && getInt(node, 'axis', 1) === 1) {
    return new Set(node.input).size === node.input.length ? node.input : [];
  }
  const [input = ''] = node.input;
  const [from = [], to = []] = [shapes.get(input), shapes.get(output)];
  const keepsAll = from.length > 1 && from[0] === to[0] && elementCount(from) === elementCount(to);
  return isOperator(node, ...keeping) && keepsAll ? [input] : [];
}

/** The sizes are an attribute before operator set 13, and then an input. */
function split(
  value: string,
  parts: readonly string[],
  sizes: { readonly attribute: readonly number[] } | { readonly input: string },
): NodeProto {
  const axis = intAttribute('axis', 1);
  return 'input' in sizes
    ? makeNode('Split', [value, sizes.input], parts, { attributes: [axis] })
    : makeNode('Split', [value], parts, { attributes: [axis, intsAttribute('split', sizes.attribute)] });
}
