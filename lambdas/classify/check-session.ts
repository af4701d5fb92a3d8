import { stackCrops } from '../../shared/inference/batch.ts';
import { SessionLost } from '../../shared/inference/session-lost.ts';
import { referenceImage } from '../../shared/models/reference-image.ts';
import { compareWithReference } from '../../shared/models/reference-output.ts';
import type { ClassifyPorts } from './ports.ts';

/**
 * Runs the reference image, to distinguish a broken session from a bad crop: a lost device fails on every later run,
 * and would turn every image of the queue into a dead letter. One run is enough: all lanes of a GPU share its context
 * and break together.
 *
 * The output is compared with the reference output only if that was done when the session was opened.
 * @throws {SessionLost} when the reference image fails or gives another output
 */
export async function checkSession({ model, session }: Pick<ClassifyPorts, 'model' | 'session'>): Promise<void> {
  const { input, knownAnswer } = model.manifest;
  const [height, width] = input.shape;
  const { probabilities, embeddings } = await session
    .run(stackCrops([referenceImage(input.shape)], height, width))
    .catch((cause: unknown) => {
      if (cause instanceof SessionLost) throw cause;
      throw new SessionLost(`${session.provider} now fails on the reference image: ${messageOf(cause)}`, { cause });
    });
  const check = session.report.referenceCheck;
  if (knownAnswer === undefined || check === undefined) return;
  const { fault } = compareWithReference({ probabilities, embedding: embeddings }, knownAnswer, check.tolerance);
  if (fault !== undefined) throw new SessionLost(`${session.provider} now returns wrong results: ${fault}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
