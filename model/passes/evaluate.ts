import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';

/** The first IR version whose initializers need not be listed among the inputs. */
const minimumIrVersion = 4;
/** Fatal ones only: what it cannot run it also throws. */
const logSeverityLevel = 4;

/**
 * Computes values of a graph with onnxruntime, on the CPU and without its own rewriting.
 * @param feeds a tensor per input
 * @param names of the values; whatever else the graph gives is not computed for its own sake
 * @throws {UserError} with the runtime's reason, when it refuses the graph or cannot run it.
 */
export async function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const outputs = names.map((name) => create(ValueInfoProtoSchema, { name }));
  const irVersion = Math.max(graph.irVersion, minimumIrVersion);
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
