import { UserError } from '../../shared/failures/user-error.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { getInt } from './attribute.ts';
import { describeNode, isOperator } from './node.ts';

/**
 * Checks that every Split states as many parts as it has outputs. Otherwise onnxruntime aborts the process when it loads the network.
 * @throws {UserError} with the node
 */
export function checkParts(nodes: readonly NodeProto[]): void {
  for (const node of nodes) {
    const { length } = node.output;
    const parts = isOperator(node, 'Split') ? getInt(node, 'num_outputs', length) : length;
    if (parts === length) continue;
    throw new UserError(
      `${describeNode(node)} states ${parts} parts, but its outputs are ${length}: the file is damaged; export the model again`,
    );
  }
}
