import { UserError } from '../../../shared/failures/user-error.ts';
import { graphOf } from '../../graph/graph.ts';
import { findReducedPrecision, floatModelOf } from '../../graph/require-float.ts';
import { openInspected } from '../open-inspected.ts';
import { checkPrinciples, type Principles } from './check-principles.ts';

export interface InspectedPrinciples extends Principles {
  /** Path of the `.onnx` file. */
  readonly file: string;
  /** See `modelId`; absent for an `.onnx` file without a model directory. */
  readonly model?: string;
}

/**
 * Reads a model directory or an `.onnx` file by the design principles.
 * @throws {UserError} if the path is missing or neither, or the network is int8, is not one of images or does not run
 */
export async function inspectPrinciples(path: string): Promise<InspectedPrinciples> {
  const { file, model, described } = await openInspected(path);
  const graph = graphOf(model);
  if (findReducedPrecision(graph) === 'int8') {
    const float =
      described === undefined ? 'the float network that it was made from' : floatModelOf(described.manifest);
    throw new UserError(`${path} is int8: inspect ${float} instead`);
  }
  return { file, ...(described === undefined ? {} : { model: described.id }), ...(await checkPrinciples(graph)) };
}
