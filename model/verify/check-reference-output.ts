import { AcceleratorError } from '../../shared/inference/accelerator/accelerator-error.ts';
import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { openSession } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { Check } from './check.ts';

const name = 'known answer';

/**
 * Whether a model computes on an accelerator, and there computes what its manifest says, as a worker finds out when it
 * starts; how fast it is is said but not judged.
 */
export async function checkReferenceOutput(model: Model, accelerator: Accelerator): Promise<Check> {
  try {
    const session = await openSession(model, { accelerator, threads: 1, minImagesPerSecond: 0 });
    await session.close();
    const detail = describeSession(session);
    const { answerCheck } = session.report;
    if (answerCheck === undefined) return { name, ok: true, detail };
    return { name, ok: true, detail, figure: { value: answerCheck.difference, limit: answerCheck.tolerance } };
  } catch (error) {
    if (!(error instanceof AcceleratorError)) throw error;
    return { name, ok: false, detail: error.message };
  }
}
