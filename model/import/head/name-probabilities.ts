import { UserError } from '../../../shared/failures/user-error.ts';
import { intAttribute } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { outputHead } from '../../graph/output-head.ts';
import { type Dimension, makeValue, tensorType } from '../../graph/value.ts';
import type { ValueInfoProto } from '../../onnx/onnx_pb.ts';
import type { ValueTypes } from '../../passes/value-types.ts';

export const probabilitiesOutput = 'probabilities';

/**
 * Makes the first output `probabilities`, float [N, classes], from what it means (`outputHead`):
 * 1. probabilities stay;
 * 2. logits get a Softmax, and so do the logits of log-probabilities, in place of the LogSoftmax;
 * 3. one logit, or the logit of one score, becomes two classes: 1 − p first, then p = Sigmoid(logit);
 * 4. several scores are illegal: they belong to labels that do not exclude each other.
 * Further axes of 1 are removed.
 * @param types of the values at the published batch
 * @throws {UserError} if the output is of no such kind
 */
export function nameProbabilities(source: Graph, types: ValueTypes = new Map()): PassResult {
  const [output, ...others] = source.outputs;
  if (output === undefined) throw new UserError('the network has no output');
  const { kind, logits } = outputHead(source, output.name);
  const classes = classCount(output, types);
  if (kind === 'probabilities') {
    const graph = flattenOutput(source, classes);
    const modified = graph !== source || output.name !== probabilitiesOutput;
    return { graph: renameValue(graph, output.name, probabilitiesOutput), modified };
  }
  if (kind === 'scores' && classes !== 1) {
    throw new UserError(
      `${output.name} has ${classes} scores of a Sigmoid, which do not exclude each other: networks with several labels per ` +
        'image are not supported; export a model that ends with Softmax, or with one score',
    );
  }
  const shape = types.get(logits)?.shape;
  const value =
    shape === undefined || kind === 'logits' ? output : makeValue(logits, 'float', ['N', ...shape.slice(1)]);
  const named = nameLogits(flattenOutput({ ...source, outputs: [value, ...others] }, classes));
  return { graph: classes === 1 ? addTwoClasses(named) : addSoftmax(named), modified: true };
}

/** The number of classes of an output [batch, classes, 1, ...] or [batch]. */
function classCount(output: ValueInfoProto, types: ValueTypes): Dimension {
  const shape = types.get(output.name)?.shape ?? tensorType(output).shape ?? [];
  return shape[1] ?? 1;
}

function nameLogits(graph: Graph): Graph {
  const [output] = graph.outputs;
  const logits = renameValue(graph, output?.name ?? '', freshName(graph, 'logits'));
  return renameValue(logits, probabilitiesOutput, freshName(logits, `${probabilitiesOutput}_1`));
}

function addSoftmax(graph: Graph): Graph {
  return withOutput(graph, [
    makeNode('Softmax', [logitsOf(graph)], [probabilitiesOutput], { attributes: [intAttribute('axis', 1)] }),
  ]);
}

/** Both probabilities come from a Sigmoid of their own, so that small ones are as exact as large ones. */
function addTwoClasses(graph: Graph): Graph {
  const logit = logitsOf(graph);
  const [negative, not, yes] = ['negative_logit', 'negative_class', 'positive_class'].map((name) =>
    freshName(graph, name),
  );
  if (negative === undefined || not === undefined || yes === undefined) throw new Error('expected three names');
  return withOutput(graph, [
    makeNode('Neg', [logit], [negative]),
    makeNode('Sigmoid', [negative], [not]),
    makeNode('Sigmoid', [logit], [yes]),
    makeNode('Concat', [not, yes], [probabilitiesOutput], { attributes: [intAttribute('axis', 1)] }),
  ]);
}

function logitsOf({ outputs }: Graph): string {
  return outputs[0]?.name ?? '';
}

function withOutput(graph: Graph, nodes: Graph['nodes']): Graph {
  const [logits, ...others] = graph.outputs;
  const [batch = '', classes = ''] = (logits && tensorType(logits).shape) ?? [];
  const count = nodes.length > 1 ? 2 : classes;
  return {
    ...graph,
    nodes: [...graph.nodes, ...nodes],
    outputs: [makeValue(probabilitiesOutput, 'float', [batch, count]), ...others],
  };
}

/** Makes an output of as many numbers per image, such as [N, classes, 1], [N, 1, classes] or [N], an output [N, classes]. */
function flattenOutput(graph: Graph, classes: Dimension): Graph {
  const [output, ...others] = graph.outputs;
  const shape = (output && tensorType(output).shape) ?? [];
  if (output === undefined || shape.length === 2) return graph;
  const [batch = ''] = shape;
  const maps = freshName(graph, `${output.name}_maps`);
  const renamed = renameValue(graph, output.name, maps);
  const flatten = makeNode('Flatten', [maps], [output.name], { attributes: [intAttribute('axis', 1)] });
  return {
    ...renamed,
    nodes: [...renamed.nodes, flatten],
    outputs: [makeValue(output.name, 'float', [batch, classes]), ...others],
  };
}
