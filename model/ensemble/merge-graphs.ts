import type { Graph } from '../graph/graph.ts';
import { freshNameOutside } from '../graph/names.ts';
import { isOperator } from '../graph/node.ts';
import { valueDigests } from '../graph/value-digests.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';

/** One of the graphs to merge. All have the same image as their only input. */
export interface Part {
  /** Begins the names of its values and nodes. */
  readonly prefix: string;
  readonly graph: Graph;
}

export interface MergedGraphs {
  readonly nodes: readonly NodeProto[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** For each part, the new name of each of its values. */
  readonly names: readonly ReadonlyMap<string, string>[];
  /** Convolutions and products with weights that are left out, because an earlier part computes the same. */
  readonly sharedLayers: number;
}

/**
 * Puts graphs next to each other on one image. What a part computes as an earlier one does, from the image on, with the same
 * weights and attributes, is kept once.
 * @param image name of the common input
 */
export function mergeGraphs(parts: readonly Part[], image: string): MergedGraphs {
  const nodes: NodeProto[] = [];
  const initializers = new Map<string, TensorProto>();
  /** New names of the values of earlier parts, by the digest of their computation. */
  const earlier = new Map<string, string>();
  const used = new Set([image]);
  let sharedLayers = 0;
  const names = parts.map(({ prefix, graph }) => {
    const digests = valueDigests(graph);
    const renamed = new Map([['', ''], ...graph.inputs.map(({ name }) => [name, image] as const)]);
    const nameOf = (name: string) => renamed.get(name) ?? name;
    /** Names values; returns false if an earlier part has all of them. */
    const define = (values: readonly string[]): boolean => {
      const known = values.map((value) => earlier.get(digests.get(value) ?? ''));
      const isNew = known.includes(undefined);
      for (const [index, value] of values.entries()) {
        const name = (isNew ? undefined : known[index]) ?? freshNameOutside(used, `${prefix}${value}`);
        used.add(name);
        renamed.set(value, name);
      }
      return isNew;
    };
    for (const [name, tensor] of graph.initializers) {
      if (define([name])) initializers.set(nameOf(name), { ...tensor, name: nameOf(name) });
    }
    for (const node of graph.nodes) {
      if (define(node.output.filter((value) => value !== ''))) {
        const name = node.name === '' ? '' : `${prefix}${node.name}`;
        nodes.push({ ...node, name, input: node.input.map(nameOf), output: node.output.map(nameOf) });
      } else if (isLayer(node, graph)) sharedLayers += 1;
    }
    for (const [value, digest] of digests) if (!earlier.has(digest)) earlier.set(digest, nameOf(value));
    return renamed;
  });
  return { nodes, initializers, names, sharedLayers };
}

/** True for a convolution or product with weights. */
export function isLayer(node: NodeProto, { initializers }: Graph): boolean {
  return (
    isOperator(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul') && node.input.some((name) => initializers.has(name))
  );
}
