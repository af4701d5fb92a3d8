import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';

/** The first IR version that does not require initializers to be inputs. */
const minIrVersion = 4;
/** Fatal messages only: errors are also thrown. */
const logSeverityLevel = 4;

/**
 * Computes values of a graph with onnxruntime, on the CPU and without graph optimizations.
 * @param feeds one tensor per input
 * @param names of the values to compute
 * @throws {UserError} with the runtime's reason, if it cannot load or run the graph
 */
export async function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const outputs = names.map((name) => create(ValueInfoProtoSchema, { name }));
  const irVersion = Math.max(graph.irVersion, minIrVersion);
  const bytes = encodeModel(modelOf({ ...graph, irVersion, outputs, valueInfo: [] }));
  try {
    const session = await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel,
    });
    try {
      const results = await session.run(feeds, { logSeverityLevel });
      return new Map(
        names.flatMap((name): [string, Tensor][] => {
          const value = results[name];
          return value instanceof Tensor ? [[name, value]] : [];
        }),
      );
    } finally {
      await session.release();
    }
  } catch (cause) {
    throw new UserError(`onnxruntime cannot run the network: ${firstIssue(cause)}`, { cause });
  }
}
