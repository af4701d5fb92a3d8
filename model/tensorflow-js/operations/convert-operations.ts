import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ModelJson } from '../file/model-json.ts';
import type { Weight } from '../network/feature.ts';
import { type ImageSize, imageShape } from '../network/image-shape.ts';
import { NetworkWriter } from '../network/network-writer.ts';
import { notConverted, type Step, unsupported } from '../network/unsupported.ts';
import { arithmeticOperations } from './arithmetic-operations.ts';
import { Attributes } from './attributes.ts';
import { convolutionOperations } from './convolution-operations.ts';
import { dataTypeOf } from './data-type.ts';
import { type GraphDef, type Operation, parseGraphDef } from './graph-def.ts';
import { computed, OperationContext, type OperationConverter, type Value } from './operation.ts';
import { poolingOperations } from './pooling-operations.ts';
import { shapeOperations } from './shape-operations.ts';

/** By the names of TensorFlow. */
const converters: Readonly<Record<string, OperationConverter>> = {
  ...convolutionOperations,
  ...poolingOperations,
  ...arithmeticOperations,
  ...shapeOperations,
};

/** Operations that are converted, besides Const and Placeholder. */
export const operationKinds: readonly string[] = Object.keys(converters);

export interface ConvertOptions {
  readonly size?: ImageSize | undefined;
}

/**
 * Converts a graph of TensorFlow operations to ONNX.
 * @param weights of the Const operations, by their names
 * @throws {UserError} naming the operation that is not supported
 */
export function convertOperations(
  json: ModelJson,
  weights: ReadonlyMap<string, Weight>,
  { size }: ConvertOptions,
): Graph {
  const definition = parseGraphDef(json.modelTopology, [json.signature, signatureOf(json.userDefinedMetadata)]);
  const writer = new NetworkWriter();
  const values = new Map<string, Value>();
  for (const operation of inOrder(definition)) {
    const { name, kind, attributes, inputs } = operation;
    const step: Step = { unit: 'operation', name, kind };
    const read = inputs.map(({ node, output }) => {
      const value = values.get(node);
      if (value === undefined) throw unsupported(step, `reads ${node}, which the graph does not have`);
      if (output > 0) throw unsupported(step, `reads output ${output} of ${node}: only the first one is supported`);
      return value;
    });
    const context = new OperationContext(writer, step, new Attributes(attributes, step), read);
    values.set(name, convert(context, weights, size));
  }
  const outputs = definition.outputs.map(({ node }) => {
    const value = values.get(node);
    if (value?.kind !== 'computed') throw new UserError(`the output ${node} does not depend on the image`);
    return value.feature;
  });
  return writer.graph('tensorflow-js', outputs);
}

function convert(context: OperationContext, weights: ReadonlyMap<string, Weight>, size: ImageSize | undefined): Value {
  const { step, attributes, writer } = context;
  if (step.kind === 'Const') {
    const weight = weights.get(step.name);
    if (weight === undefined) throw unsupported(step, 'has no weight in weightsManifest');
    return { kind: 'constant', weight };
  }
  if (step.kind === 'Placeholder') {
    const stated = attributes.shape('shape');
    const shape = imageShape(stated === undefined || stated.length < 2 ? [-1, -1, 3] : stated.slice(1), step, size);
    const type = attributes.type('dtype') ?? 'DT_FLOAT';
    const dataType = dataTypeOf(type);
    if (dataType === undefined || dataType === 'bool') throw unsupported(step, `has the type ${type}`);
    return computed(writer.input(step.name, shape), dataType === 'int32');
  }
  const converter = Object.hasOwn(converters, step.kind) ? converters[step.kind] : undefined;
  if (converter === undefined) throw notConverted(step);
  return converter(context);
}

/** The operations on which the outputs depend, inputs first. An explicit stack: graphs can be deep. */
function inOrder({ operations, outputs }: GraphDef): Operation[] {
  const order = new Set<Operation>();
  const open = new Set<Operation>();
  const stack = outputs.toReversed().map(({ node }) => ({ node, isReady: false }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const operation = operations.get(next.node);
    // The reader of a missing operation reports it.
    if (operation === undefined || order.has(operation)) continue;
    if (next.isReady) {
      order.add(operation);
      continue;
    }
    if (open.has(operation)) throw new UserError(`the operation ${operation.name} depends on its own output`);
    open.add(operation);
    const inputs = operation.inputs.map(({ node }) => ({ node, isReady: false }));
    stack.push({ node: next.node, isReady: true }, ...inputs.reverse());
  }
  return [...order];
}

function signatureOf(metadata: unknown): unknown {
  return typeof metadata === 'object' && metadata !== null && 'signature' in metadata ? metadata.signature : undefined;
}
