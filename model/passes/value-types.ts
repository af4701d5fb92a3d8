import type { Tensor } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { elementTypeName } from '../onnx/element-type.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { evaluate } from './evaluate.ts';
import { elementTypeOf, zeroTensor } from './runtime-tensor.ts';

export interface ValueType {
  /** Element type, see `elementType`. */
  readonly dataType: number;
  readonly shape: readonly number[];
}

/** Known types by the value's name. */
export type ValueTypes = ReadonlyMap<string, ValueType>;

/**
 * Infers the types of all values of a graph by running it on zeros. The runtime knows every operator, while files state
 * few of these types and sometimes wrong ones.
 * @param inputShapes by the input's name; inputs must be float or uint8
 * @throws {UserError} if an input has another type or no shape, or the runtime cannot run the graph
 */
export async function inferValueTypes(
  graph: Graph,
  inputShapes: ReadonlyMap<string, readonly number[]>,
): Promise<ValueTypes> {
  const feeds: Record<string, Tensor> = {};
  for (const input of graph.inputs) {
    const { dataType } = tensorType(input);
    const shape = inputShapes.get(input.name);
    const feed = shape && zeroTensor(dataType, shape);
    if (feed === undefined) {
      throw new UserError(
        `the input ${input.name} is ${elementTypeName(dataType)}: export the model with a float or uint8 input`,
      );
    }
    feeds[input.name] = feed;
  }
  const names = graph.nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
  const types = new Map<string, ValueType>();
  for (const tensor of graph.initializers.values()) {
    types.set(tensor.name, { dataType: tensor.dataType, shape: tensorShape(tensor) });
  }
  for (const [name, tensor] of [...Object.entries(feeds), ...(await evaluate(graph, feeds, names))]) {
    const dataType = elementTypeOf(tensor);
    if (dataType !== undefined) types.set(name, { dataType, shape: tensor.dims });
  }
  return types;
}
