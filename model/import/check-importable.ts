import { UserError } from '../../shared/failures/user-error.ts';
import { getInt, hasSubgraph } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import type { ImageInput } from '../graph/image-input.ts';
import { describeNode, isOperator } from '../graph/node.ts';

/** Since operator set 7, arithmetic broadcasts implicitly and Dropout has no training attribute. */
const minOpset = 7;
/** The newest operator set that onnxruntime 1.30 supports. */
const maxOpset = 26;

/**
 * Checks that a graph has operators that can be imported: those of the default sets that the runtime supports, without
 * control flow and without ranges that are computed from each batch.
 * @throws {UserError} with the node, and what to do
 */
export function checkOperators(graph: Graph): void {
  if (graph.opset < minOpset || graph.opset > maxOpset) {
    throw new UserError(
      `operator set ${graph.opset} is not supported: export the model with operator set ${minOpset} to ${maxOpset}`,
    );
  }
  for (const node of graph.nodes) {
    if (node.domain !== '' && node.domain !== 'ai.onnx') {
      const isFunction = graph.rest.functions.some(
        ({ domain, name }) => domain === node.domain && name === node.opType,
      );
      const problem = isFunction ? 'calls a function of the file' : 'is not in the default ONNX operator set';
      const remedy = isFunction ? 'with its functions inlined' : `without ${node.domain}`;
      throw new UserError(`${describeNode(node)} ${problem}: export the model ${remedy}`);
    }
    if (hasSubgraph(node)) throw new UserError(`control flow is not supported: ${describeNode(node)} has a subgraph`);
    if (isOperator(node, 'BatchNormalization') && getInt(node, 'training_mode', 0) !== 0) {
      throw new UserError(
        `${describeNode(node)} is in training mode, in which each image changes with the others of its batch: export the ` +
          'model for inference, in PyTorch after model.eval()',
      );
    }
    if (node.opType === 'DynamicQuantizeLinear') {
      throw new UserError(
        `the network is quantized already, with ranges that depend on the whole batch (${describeNode(node)}): import the ` +
          'float model that it was made from, and quantize that',
      );
    }
  }
}

/**
 * Checks that the network takes crops of this size.
 * @throws {UserError} with the shape of the input
 */
export function checkImageSize({ name, size }: ImageInput, crop: { height: number; width: number }): void {
  const [height, width] = size;
  const fits = (stated: number | string, expected: number) => typeof stated === 'string' || stated === expected;
  if (fits(height, crop.height) && fits(width, crop.width)) return;
  throw new UserError(
    `the input ${name} takes images of ${width}×${height} pixels, not ${crop.width}×${crop.height}: give its size as ` +
      'the crop size',
  );
}
