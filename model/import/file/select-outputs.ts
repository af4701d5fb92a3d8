import { settingNames } from '../../../shared/failures/setting-names.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Links, linksOf } from '../../graph/links.ts';
import { describeNode } from '../../graph/node.ts';
import { tensorType } from '../../graph/value.ts';
import { elementType, elementTypeName } from '../../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';

/**
 * Selects the output with the classes.
 * @param name of the output; needed if there are several
 * @throws {UserError} with the names to choose from
 */
export function selectClasses(graph: Graph, name: string | undefined): ValueInfoProto {
  const links = linksOf(graph);
  const described = graph.outputs.map((value) => describeOutput(value, links)).join('; ');
  const [only, ...others] = graph.outputs;
  const classes = name === undefined && others.length === 0 ? only : graph.outputs.find((value) => value.name === name);
  if (classes !== undefined) return classes;
  const count = graph.outputs.length;
  if (count === 0) throw new UserError('the network has no output: export it with its class probabilities or logits');
  const found = count === 1 ? 'the network has one output' : `the network has ${count} outputs`;
  const names = graph.outputs.filter(isVector).map((value) => value.name);
  const advice =
    names.length === 1
      ? `give ${settingNames.output} ${names[0]}`
      : `give ${settingNames.output} with the probabilities or logits`;
  throw new UserError(`${name === undefined ? '' : `unknown output ${name}: `}${found} (${described}); ${advice}`);
}

/** The outputs besides the classes that could be an embedding: float [batch, size], with optional further axes of 1. */
export function vectorOutputs(graph: Graph, classes: ValueInfoProto): readonly ValueInfoProto[] {
  return graph.outputs.filter((value) => value !== classes && isVector(value));
}

/**
 * Selects the embedding that a network gives itself: a vector from which the last linear layer is computed, or whose name
 * contains "embed" or "feature". Undefined if there are several, or none.
 * @param last output of the last linear layer; undefined for a network without one
 */
export function selectEmbedding(
  graph: Graph,
  vectors: readonly ValueInfoProto[],
  last: string | undefined,
): ValueInfoProto | undefined {
  const links = linksOf(graph);
  const layer = last === undefined ? undefined : links.producer(last);
  const features = layer === undefined ? new Set() : ancestorsOf(layer, links);
  const embeddings = vectors.filter(({ name }) => features.has(name) || /embed|feature/i.test(name));
  return embeddings.length === 1 ? embeddings[0] : undefined;
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
