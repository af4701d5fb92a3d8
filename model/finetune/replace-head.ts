import { createHash } from 'node:crypto';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { intAttribute } from '../graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { freshName } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import { batchAxis } from '../import/batch/make-batch-dynamic.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import type { LinearHead } from './linear-head.ts';

type Outputs = ModelManifest['outputs'];

/**
 * Replaces the nodes between embedding and probabilities by a float linear layer and a softmax. The nodes that compute the
 * embedding do not change (float, int8 or half precision), so the embedding stays the same bit by bit.
 */
export function replaceHead(
  source: Graph,
  { probabilities, embedding }: Outputs,
  { weights, bias }: LinearHead,
): Graph {
  const classes = bias.length;
  const body = bodyGraph(source, embedding);
  // Part of the network's digest, so these names must not change.
  const [matrix, shift, logits] = ['own_labels_w', 'own_labels_b', 'own_labels'].map((name) => freshName(body, name));
  if (matrix === undefined || shift === undefined || logits === undefined) throw new Error('expected three names');
  const tensors = [
    makeTensor(matrix, [classes, weights.length / classes], weights),
    makeTensor(shift, [classes], bias),
  ];
  return {
    ...body,
    outputs: [makeValue(probabilities, 'float', [batchAxis, classes]), ...body.outputs],
    nodes: [
      ...body.nodes,
      makeNode('Gemm', [embedding, matrix, shift], [logits], { attributes: [intAttribute('transB', 1)] }),
      makeNode('Softmax', [logits], [probabilities], { attributes: [intAttribute('axis', 1)] }),
    ],
    initializers: new Map([...body.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
  };
}

/** Digest of the nodes and weights that compute the embedding. Equal digests mean equal embeddings, for any labels. */
export function bodyDigest(network: Uint8Array, { embedding }: Outputs): string {
  const body = bodyGraph(graphOf(decodeModel(network)), embedding);
  return createHash('sha256')
    .update(encodeModel(modelOf(body)))
    .digest('hex');
}

function bodyGraph(source: Graph, embedding: string): Graph {
  const outputs = source.outputs.filter(({ name }) => name === embedding);
  const body = removeUnusedWeights(removeUnusedNodes({ ...source, outputs }).graph).graph;
  const computed = new Set(body.nodes.flatMap(({ output }) => output));
  return { ...body, valueInfo: body.valueInfo.filter(({ name }) => computed.has(name)) };
}
