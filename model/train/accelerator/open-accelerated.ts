import { AcceleratorError } from '../../../shared/inference/accelerator/accelerator-error.ts';
import type { Provider } from '../../../shared/inference/accelerator/provider.ts';
import { describeShares } from '../../../shared/inference/accelerator/shares.ts';
import { type CheckedStep, type CpuStep, openChecked, runOnCpu, type StepWithFeeds } from './check-step.ts';

/**
 * Where a training can run; `auto` for the first one that passes the checks. TensorRT is not among them: it builds its engine
 * around constant weights.
 */
export const trainingAccelerators = ['auto', 'cuda', 'webgpu', 'cpu'] as const;

export type TrainingAccelerator = (typeof trainingAccelerators)[number];

/**
 * Opens a training step on an accelerator, and checks its gradients against the CPU's.
 * @param onFinding receives a sentence about what was found
 * @returns undefined when `auto` finds no accelerator that is right and faster than the CPU
 * @throws {AcceleratorError} when the named accelerator is not available, or its gradients are wrong
 */
export async function openAccelerated(
  accelerator: Exclude<TrainingAccelerator, 'cpu'>,
  step: StepWithFeeds,
  threads: number,
  onFinding: (text: string) => void,
): Promise<CheckedStep | undefined> {
  let known: CpuStep | undefined;
  const cpuStep = async () => {
    known ??= await runOnCpu(step, threads);
    return known;
  };
  const candidates: readonly Provider[] = accelerator === 'auto' ? ['cuda', 'webgpu'] : [accelerator];
  for (const provider of candidates) {
    try {
      const checked = await openChecked(provider, step, cpuStep, accelerator === 'auto');
      onFinding(
        `trains on ${provider}: ${describeShares(checked.shares)}; its gradients differ from the CPU's by ` +
          `${checked.difference.toExponential(1)} of their length`,
      );
      return checked;
    } catch (error) {
      if (accelerator !== 'auto' || !(error instanceof AcceleratorError)) throw error;
      onFinding(`skipped ${error.message}`);
    }
  }
  onFinding('trains on the CPU');
  return undefined;
}
