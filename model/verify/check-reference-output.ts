import { AcceleratorError } from '../../shared/inference/accelerator/accelerator-error.ts';
import { describeSession } from '../../shared/inference/accelerator/describe-session.ts';
import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { Check } from './check.ts';

const name = 'reference output';

/** Checks the reference output on an accelerator, as a worker does at its start. The speed is reported but not checked. */
export async function checkReferenceOutput(model: Model, accelerator: Accelerator): Promise<Check> {
  try {
    const session = await openSession(model, { accelerator, threads: 1, minImagesPerSecond: 0 });
    await session.close();
    const detail = describeSession(session);
    const { referenceCheck } = session.report;
    if (referenceCheck === undefined) return { name, ok: true, detail };
    return { name, ok: true, detail, figure: { value: referenceCheck.difference, limit: referenceCheck.tolerance } };
  } catch (error) {
    if (!(error instanceof AcceleratorError)) throw error;
    return { name, ok: false, detail: error.message };
  }
}
