import { getInt, intAttribute, intsAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { isOperator, makeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import type { Shape } from '../gradient/emitter.ts';

/**
 * Computes the batch statistics of batch normalization by other operators, μ = mean x and σ² = mean (x − μ)², and leaves the
 * operator itself in inference mode: WebGPU has no other. Legal only if, in training mode, it outputs the statistics of the
 * batch itself, as in `makeTrainable`.
 * @param shapes of all values
 */
export function expandBatchNorm(graph: Graph, shapes: ReadonlyMap<string, Shape>): Graph {
  const nodes = graph.nodes.flatMap((node): NodeProto[] => {
    if (!isOperator(node, 'BatchNormalization') || getInt(node, 'training_mode', 0) === 0) return [node];
    const [image = '', scale = '', shift = ''] = node.input;
    const [output = '', mean = '', variance = ''] = node.output;
    const axes = [...(shapes.get(image)?.keys() ?? [])].filter((axis) => axis !== 1);
    const averaged = (from: string, to: string, keepAxes: 0 | 1) =>
      makeNode('ReduceMean', [from], [to], {
        attributes: [intsAttribute('axes', axes), intAttribute('keepdims', keepAxes)],
      });
    const [column, centered, squares] = [`${mean}/column`, `${mean}/centered`, `${variance}/squares`];
    return [
      averaged(image, mean, 0),
      averaged(image, column, 1),
      makeNode('Sub', [image, column], [centered]),
      makeNode('Mul', [centered, centered], [squares]),
      averaged(squares, variance, 0),
      makeNode('BatchNormalization', [image, scale, shift, mean, variance], [output], {
        name: node.name,
        attributes: node.attribute.filter(({ name }) => name === 'epsilon'),
      }),
    ];
  });
  return { ...graph, nodes };
}
