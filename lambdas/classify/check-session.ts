import { referenceImage } from '../../shared/inference/accelerator/reference-image.ts';
import { compareWithReference } from '../../shared/inference/accelerator/reference-output.ts';
import { stackCrops } from '../../shared/inference/batch.ts';
import { SessionLost } from '../../shared/inference/session-lost.ts';
import type { ClassifyPorts } from './ports.ts';

/**
 * Whether it is the session that is at fault and not the crop: a device that was lost, or on which a kernel failed,
 * answers every later run with an error too, and would make every image of the queue a dead letter. One run will do:
 * lanes on a GPU share its context, and break together.
 *
 * The answer is held against the manifest's, as far as it was when the session was opened; else it must only come.
 * @throws {SessionLost} when the known image fails too, or is answered otherwise than it should
 */
export async function checkSession({ model, session }: Pick<ClassifyPorts, 'model' | 'session'>): Promise<void> {
  const { input, knownAnswer } = model.manifest;
  const [height, width] = input.shape;
  const { probabilities, embeddings } = await session
    .run(stackCrops([referenceImage(input.shape)], height, width))
    .catch((cause: unknown) => {
      if (cause instanceof SessionLost) throw cause;
      throw new SessionLost(`${session.provider} now fails on the reference image: ${textOf(cause)}`, { cause });
    });
  const check = session.report.referenceCheck;
  if (knownAnswer === undefined || check === undefined) return;
  const { fault } = compareWithReference({ probabilities, embedding: embeddings }, knownAnswer, check.tolerance);
  if (fault !== undefined) throw new SessionLost(`${session.provider} now returns wrong results: ${fault}`);
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
