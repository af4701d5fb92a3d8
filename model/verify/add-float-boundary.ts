import { intAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName, renameValue } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue, tensorType } from '../graph/value.ts';
import { elementType } from '../onnx/element-type.ts';

/** Casts the float16 inputs and outputs of a network from and to float. Its own nodes do not change. Always legal. */
export function addFloatBoundary(graph: Graph): PassResult {
  const isHalf = (value: Graph['inputs'][number]) => tensorType(value).dataType === elementType.float16;
  const inputs = graph.inputs.filter((value) => isHalf(value) && !graph.initializers.has(value.name));
  const outputs = graph.outputs.filter(isHalf);
  const withInputs = inputs.reduce((current, { name }) => castInput(current, name), graph);
  const result = outputs.reduce((current, { name }) => castOutput(current, name), withInputs);
  return { graph: result, modified: result !== graph };
}

function castInput(graph: Graph, name: string): Graph {
  const inner = freshName(graph, `${name}_half`);
  const renamed = renameValue(graph, name, inner);
  const cast = makeNode('Cast', [name], [inner], { attributes: [intAttribute('to', elementType.float16)] });
  const inputs = renamed.inputs.map((value) => (value.name === inner ? asFloat(value, name) : value));
  return { ...renamed, inputs, nodes: [cast, ...renamed.nodes] };
}

function castOutput(graph: Graph, name: string): Graph {
  const inner = freshName(graph, `${name}_half`);
  const renamed = renameValue(graph, name, inner);
  const cast = makeNode('Cast', [inner], [name], { attributes: [intAttribute('to', elementType.float)] });
  const outputs = renamed.outputs.map((value) => (value.name === inner ? asFloat(value, name) : value));
  return { ...renamed, outputs, nodes: [...renamed.nodes, cast] };
}

function asFloat(value: Graph['inputs'][number], name: string) {
  return makeValue(name, 'float', tensorType(value).shape ?? []);
}
