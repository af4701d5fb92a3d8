import { UserError } from '../../../shared/failures/user-error.ts';
import { isLinear } from '../../graph/classifier-tail.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Links, linksOf } from '../../graph/links.ts';
import { describeNode } from '../../graph/node.ts';
import { outputHead } from '../../graph/output-head.ts';
import { tensorType } from '../../graph/value.ts';
import { elementType, elementTypeName } from '../../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';

/** The outputs of a network that an import uses. */
export interface SelectedOutputs {
  /** The class probabilities or logits. */
  readonly classes: ValueInfoProto;
  /** An embedding that the network gives itself. */
  readonly embedding: ValueInfoProto | undefined;
}

/**
 * Selects the output with the classes, and an embedding if the network gives one. Another output is the embedding only if
 * 1. it is float [batch, size], with optional further axes of 1,
 * 2. the last linear layer is computed from it, or its name contains "embed" or "feature", and
 * 3. it is the only one.
 * @param name of the output with the classes; needed if there are several outputs
 * @throws {UserError} with the names to choose from
 */
export function selectOutputs(graph: Graph, name: string | undefined): SelectedOutputs {
  const links = linksOf(graph);
  const described = graph.outputs.map((value) => describeOutput(value, links)).join('; ');
  const [only, ...others] = graph.outputs;
  const classes = name === undefined && others.length === 0 ? only : graph.outputs.find((value) => value.name === name);
  if (classes === undefined) {
    const count = graph.outputs.length;
    if (count === 0) throw new UserError('the network has no output: export it with its class probabilities or logits');
    const found = count === 1 ? 'the network has one output' : `the network has ${count} outputs`;
    const names = graph.outputs.filter(isVector).map((value) => value.name);
    const advice = `give the option output: ${names.length === 1 ? names[0] : 'the probabilities or logits'}`;
    throw new UserError(`${name === undefined ? '' : `unknown output ${name}: `}${found} (${described}); ${advice}`);
  }
  const vectors = graph.outputs.filter((value) => value !== classes && isVector(value));
  if (vectors.length === 0) return { classes, embedding: undefined };
  const { last } = outputHead(graph, classes.name);
  const features = last !== undefined && isLinear(last, graph) ? ancestorsOf(last, links) : new Set();
  const embeddings = vectors.filter(({ name: value }) => features.has(value) || /embed|feature/i.test(value));
  return { classes, embedding: embeddings.length === 1 ? embeddings[0] : undefined };
}

function describeOutput(value: ValueInfoProto, links: Links): string {
  const { dataType, shape } = tensorType(value);
  const producer = links.producer(value.name);
  const from = producer === undefined ? '' : ` of ${describeNode(producer)}`;
  const axes = shape === undefined ? '' : ` [${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
  return `${value.name}${from}, ${elementTypeName(dataType)}${axes}`;
}

function isVector(value: ValueInfoProto): boolean {
  const { dataType, shape = [] } = tensorType(value);
  const [, size, ...further] = shape;
  const isFloat = dataType === elementType.float || dataType === elementType.float16;
  return isFloat && size !== undefined && size !== 1 && further.every((length) => length === 1);
}

/** The values from which a node is computed. */
function ancestorsOf(node: NodeProto, links: Links): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const input of next.input) {
      const producer = found.has(input) ? undefined : links.producer(input);
      found.add(input);
      if (producer !== undefined) waiting.push(producer);
    }
  }
  return found;
}
