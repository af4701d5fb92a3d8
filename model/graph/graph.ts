import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/onnx_pb.ts';
import { checkParts } from './check-parts.ts';
import { describeNode } from './node.ts';

/**
 * A network as passes read and rewrite it. It is immutable: a pass returns a new graph that shares the unchanged parts.
 * Values are identified by name.
 */
export interface Graph {
  readonly irVersion: number;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  /** In topological order. */
  readonly nodes: readonly NodeProto[];
  /** Weights by name. */
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Optional types of intermediate values. A pass that changes shapes must drop them. */
  readonly valueInfo: readonly ValueInfoProto[];
  /** The decoded model, for all other fields: metadata, functions, other operator sets. The fields above replace its own. */
  readonly rest: ModelProto;
}

/** `modified` is false if `graph` is the graph that the pass was given. */
export interface PassResult {
  readonly graph: Graph;
  readonly modified: boolean;
}

const defaultDomains = ['', 'ai.onnx'];

/** @param opset version of the default operator set */
export function emptyGraph(name: string, { irVersion, opset }: { irVersion: number; opset: number }): Graph {
  const rest = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: { name },
  });
  return { irVersion, opset, inputs: [], outputs: [], nodes: [], initializers: new Map(), valueInfo: [], rest };
}

/**
 * @throws {UserError} if the default operator set is not imported, two weights share a name, or `checkParts` or `checkGraph` fails.
 */
export function graphOf(model: ModelProto): Graph {
  const source = model.graph;
  if (source === undefined) throw new UserError('the model has no graph');
  const opset = model.opsetImport.find(({ domain }) => defaultDomains.includes(domain));
  if (opset === undefined) throw new UserError('the model does not import the default operator set');
  const initializers = new Map(source.initializer.map((tensor) => [tensor.name, tensor]));
  if (initializers.size !== source.initializer.length) throw new UserError('two weights of the model share a name');
  const graph: Graph = {
    irVersion: Number(model.irVersion),
    opset: Number(opset.version),
    inputs: source.input,
    outputs: source.output,
    nodes: source.node,
    initializers,
    valueInfo: source.valueInfo,
    rest: model,
  };
  checkParts(graph.nodes);
  checkGraph(graph);
  return graph;
}

/** @throws {UserError} if `checkGraph` fails. */
export function modelOf(graph: Graph): ModelProto {
  checkGraph(graph);
  const { rest } = graph;
  return {
    ...rest,
    irVersion: BigInt(graph.irVersion),
    opsetImport: rest.opsetImport.map((entry) =>
      defaultDomains.includes(entry.domain) ? { ...entry, version: BigInt(graph.opset) } : entry,
    ),
    graph: {
      ...(rest.graph ?? create(GraphProtoSchema)),
      input: [...graph.inputs],
      output: [...graph.outputs],
      node: [...graph.nodes],
      initializer: [...graph.initializers.values()],
      valueInfo: [...graph.valueInfo],
    },
  };
}

/**
 * Checks that every value is defined exactly once, before it is read.
 * @throws {UserError} with the node and the value
 */
export function checkGraph(graph: Graph): void {
  const defined = new Set([
    ...graph.initializers.keys(),
    ...sparseNames(graph),
    ...graph.inputs.map(({ name }) => name),
  ]);
  for (const node of graph.nodes) {
    const missing = node.input.find((name) => name !== '' && !defined.has(name));
    if (missing !== undefined) {
      throw new UserError(`${describeNode(node)} reads ${missing}, which no earlier node produces`);
    }
    for (const name of node.output) {
      if (name !== '' && defined.has(name)) {
        throw new UserError(`${describeNode(node)} produces ${name}, which is already defined`);
      }
      defined.add(name);
    }
  }
  const missing = graph.outputs.find(({ name }) => !defined.has(name));
  if (missing !== undefined) throw new UserError(`no node of the graph produces its output ${missing.name}`);
}

function sparseNames({ rest }: Graph): string[] {
  return (rest.graph?.sparseInitializer ?? []).flatMap(({ values }) => (values === undefined ? [] : [values.name]));
}
