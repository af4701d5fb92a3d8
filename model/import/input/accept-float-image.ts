import { getInt, intAttribute } from '../../graph/attribute.ts';
import { bypassNodes } from '../../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { isOperator, makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementType } from '../../onnx/element-type.ts';

/**
 * Replaces a uint8 input by a float one of whole numbers from 0 to 255, as other passes expect. Casts of the image to float
 * are removed; other readers get it through a Cast to uint8. Always legal: these numbers are exact in both types.
 */
export function acceptFloatImage(graph: Graph): PassResult {
  const [input, ...others] = graph.inputs;
  if (input === undefined) return { graph, modified: false };
  const { dataType, shape = [] } = tensorType(input);
  if (dataType !== elementType.uint8) return { graph, modified: false };
  const { name } = input;
  const links = linksOf(graph);
  const readers = links.consumers(name);
  const casts = readers.filter(
    (node) =>
      isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float && !links.isOutput(node.output[0] ?? ''),
  );
  const bytes = freshName(graph, `${name}_bytes`);
  const renamed = casts.length === readers.length ? graph : renameValue(graph, name, bytes);
  const nodes = renamed.nodes.filter((_, index) => casts.some((cast) => graph.nodes[index] === cast));
  const withCast = {
    ...renamed,
    inputs: [makeValue(name, 'float', shape), ...others],
    nodes:
      renamed === graph
        ? graph.nodes
        : [
            makeNode('Cast', [name], [bytes], { attributes: [intAttribute('to', elementType.uint8)] }),
            ...renamed.nodes,
          ],
  };
  return { graph: bypassNodes(withCast, new Map(nodes.map((node) => [node, name]))), modified: true };
}
