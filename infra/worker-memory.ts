import { sizeOf } from './instance-types.ts';
import type { Settings } from './settings.ts';

/** For the system, the ECS agent and Docker, MiB. */
const systemMiB = 2048;

/** Of the smallest types, which have 16 GiB; a larger one has no more sessions, since only one GPU is used. */
const gpuLimitMiB = 8192;

/**
 * Memory above which the kernel ends a worker, before its instance runs out of memory: on CPUs, that of the smallest instance
 * type but for the system. A worker has a session on each vCPU, for which this leaves 1.5 GiB or more; those of Inception v3
 * took a third of a GiB (docs/deploy-worker.md). Types of one task have one size, so none has more sessions.
 */
export function workerMemoryLimitMiB({ classifier, instanceTypes }: Settings): number {
  if (classifier === 'gpu') return gpuLimitMiB;
  return Math.min(...instanceTypes.map(cpuTypeMemoryMiB)) - systemMiB;
}

/** 2 GiB for each vCPU of c7a and c7i, 4 of m7a and m7i. */
function cpuTypeMemoryMiB(type: string): number {
  const vCpus = 4 * (Number.parseInt(sizeOf(type), 10) || 1);
  return vCpus * (type.startsWith('c') ? 2048 : 4096);
}
