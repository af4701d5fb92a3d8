import { type Estimate, estimate } from './estimate.ts';
import { gpuWorker, lambdaWorker, type Workload, workloadOf } from './workload.ts';

/** Images as their rows tell of them, together. */
export interface ProcessedImages {
  /** Whether they lay in a folder of some machine, and not in a bucket. */
  readonly inFolder: boolean;
  /** Execution provider; null where none came to it. */
  readonly provider: string | null;
  /** One that was computed several times counts as often. */
  readonly images: number;
  readonly bytes: number;
  readonly pixels: number;
}

/** What was used for images that are done. */
export interface Usage {
  /** Images for which AWS was not needed, so that it billed nothing. */
  readonly unbilled: number;
  /** What the others would have been billed, by the kind of their worker. */
  readonly estimates: readonly Estimate[];
}

/**
 * Estimates what images used that are done. Rows tell the provider that computed them, not the instances and their
 * number: a GPU stands for one worker of the usual type, the CPU for functions. Images that no provider came to are
 * reckoned among those of the kind that did most.
 */
export function usageOf(all: readonly ProcessedImages[]): Usage {
  const billed = all.filter(({ inFolder }) => !inFolder);
  const count = (groups: readonly ProcessedImages[]) => groups.reduce((sum, { images }) => sum + images, 0);
  const onCpu = billed.filter(({ provider }) => provider === 'cpu');
  const onGpu = billed.filter(({ provider }) => provider !== 'cpu' && provider !== null);
  const rejected = billed.filter(({ provider }) => provider === null);
  const mostOnGpu = count(onGpu) > count(onCpu);
  const kinds = [
    { worker: gpuWorker('g6.xlarge'), groups: mostOnGpu ? [...onGpu, ...rejected] : onGpu },
    { worker: lambdaWorker(), groups: mostOnGpu ? onCpu : [...onCpu, ...rejected] },
  ];
  return {
    unbilled: count(all) - count(billed),
    estimates: kinds
      .filter(({ groups }) => count(groups) > 0)
      .map(({ worker, groups }) => estimate(workloadOf({ ...meansOf(groups), worker }))),
  };
}

function meansOf(groups: readonly ProcessedImages[]): Pick<Workload, 'images' | 'bytes' | 'megapixels'> {
  const sum = (of: (group: ProcessedImages) => number) => groups.reduce((total, group) => total + of(group), 0);
  const images = sum((group) => group.images);
  return { images, bytes: sum(({ bytes }) => bytes) / images, megapixels: sum(({ pixels }) => pixels) / images / 1e6 };
}
