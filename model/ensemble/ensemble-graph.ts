import { intAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { freshNameOutside } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue, tensorType } from '../graph/value.ts';
import { batchAxis } from '../import/batch/make-batch-dynamic.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { embeddingOutput } from '../import/head/expose-embedding.ts';
import { probabilitiesOutput } from '../import/head/name-probabilities.ts';
import { imageInput } from '../import/input/add-uint8-input.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor } from '../onnx/tensor.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { mergeGraphs } from './merge-graphs.ts';

/** A member with the ensemble's image as its input. */
export interface EnsemblePart {
  /** Begins the names of its layers. */
  readonly prefix: string;
  readonly graph: Graph;
  readonly outputs: { readonly probabilities: string; readonly embedding: string; readonly embeddingSize: number };
  /** For each label of the ensemble, its index in the member; undefined for the same order. */
  readonly order: readonly number[] | undefined;
  /** Whether the ensemble's embedding contains that of the member. */
  readonly embeds: boolean;
}

export interface EnsembleGraph {
  /** `image` uint8 [N, height, width, 3] to `probabilities` [N, classes] and `embedding` [N, size]. */
  readonly graph: Graph;
  readonly embeddingSize: number;
  /** Indices of the parts whose embeddings it contains: without those that an earlier part has too. */
  readonly embedded: readonly number[];
  /** Layers with weights that several members have, computed once. */
  readonly sharedLayers: number;
}

/**
 * Merges networks of the same operator set, image and labels into one that averages their probabilities and concatenates
 * their embeddings. An embedding that several members have is contained once.
 */
export function ensembleGraph(
  parts: readonly EnsemblePart[],
  { classes, height, width }: { classes: number; height: number; width: number },
): EnsembleGraph {
  const merged = mergeGraphs(parts, imageInput);
  const used = new Set([imageInput, probabilitiesOutput, embeddingOutput, ...merged.initializers.keys()]);
  for (const { output } of merged.nodes) for (const name of output) used.add(name);
  const heads: NodeProto[] = [];
  const orders: TensorProto[] = [];
  const add = (base: string, node: (output: string) => NodeProto): string => {
    const name = freshNameOutside(used, base);
    used.add(name);
    heads.push(node(name));
    return name;
  };
  const probabilities: string[] = [];
  const embeddings = new Map<string, { readonly size: number; readonly part: number }>();
  for (const [index, { prefix, graph, outputs, order, embeds }] of parts.entries()) {
    const row = (output: string, suffix: string): string => {
      const name = merged.names[index]?.get(output) ?? output;
      const declared = graph.outputs.find((value) => value.name === output);
      if (declared !== undefined && tensorType(declared).shape?.length === 2) return name;
      return add(`${prefix}${suffix}`, (to) =>
        makeNode('Flatten', [name], [to], { attributes: [intAttribute('axis', 1)] }),
      );
    };
    const own = row(outputs.probabilities, 'probability_row');
    if (order === undefined) probabilities.push(own);
    else {
      const indices = freshNameOutside(used, `${prefix}label_order`);
      used.add(indices);
      orders.push(makeTensor(indices, [classes], BigInt64Array.from(order, BigInt)));
      const attributes = [intAttribute('axis', 1)];
      probabilities.push(add(`${prefix}in_order`, (to) => makeNode('Gather', [own, indices], [to], { attributes })));
    }
    const embedding = embeds ? row(outputs.embedding, 'embedding_row') : undefined;
    if (embedding !== undefined && !embeddings.has(embedding)) {
      embeddings.set(embedding, { size: outputs.embeddingSize, part: index });
    }
  }
  const embeddingSize = [...embeddings.values()].reduce((sum, { size }) => sum + size, 0);
  const { irVersion, opset } = sharedVersion(parts);
  const whole: Graph = {
    ...emptyGraph('ensemble', { irVersion, opset }),
    inputs: [makeValue(imageInput, 'uint8', [batchAxis, height, width, 3])],
    outputs: [
      makeValue(probabilitiesOutput, 'float', [batchAxis, classes]),
      makeValue(embeddingOutput, 'float', [batchAxis, embeddingSize]),
    ],
    nodes: [
      ...merged.nodes,
      ...heads,
      makeNode('Mean', probabilities, [probabilitiesOutput], { name: 'mean' }),
      embeddings.size === 1
        ? makeNode('Identity', [...embeddings.keys()], [embeddingOutput])
        : makeNode('Concat', [...embeddings.keys()], [embeddingOutput], { attributes: [intAttribute('axis', 1)] }),
    ],
    initializers: new Map([...merged.initializers, ...orders.map((tensor) => [tensor.name, tensor] as const)]),
  };
  const graph = removeUnusedWeights(removeUnusedNodes(withDomains(whole, parts)).graph).graph;
  const embedded = Array.from(embeddings.values(), ({ part }) => part);
  return { graph, embeddingSize, embedded, sharedLayers: merged.sharedLayers };
}

function sharedVersion(parts: readonly EnsemblePart[]): { irVersion: number; opset: number } {
  return {
    irVersion: Math.max(...parts.map(({ graph }) => graph.irVersion)),
    opset: Math.max(...parts.map(({ graph }) => graph.opset)),
  };
}

/** Imports the further operator sets of the members. */
function withDomains(graph: Graph, parts: readonly EnsemblePart[]): Graph {
  const domains = new Map(graph.rest.opsetImport.map((entry) => [entry.domain, entry]));
  for (const entry of parts.flatMap((part) => part.graph.rest.opsetImport)) {
    if (entry.domain !== '' && entry.domain !== 'ai.onnx') domains.set(entry.domain, entry);
  }
  return { ...graph, rest: { ...graph.rest, opsetImport: [...domains.values()] } };
}
