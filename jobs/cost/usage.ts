import { type Estimate, estimate } from './estimate.ts';
import { gpuWorker, lambdaWorker, type Workload, workloadOf } from './workload.ts';

/** A group of images as counted from their rows. */
export interface ProcessedImages {
  /** Whether they are in a local folder and not in a bucket. */
  readonly inFolder: boolean;
  /** Execution provider; null for images that were rejected before classification. */
  readonly provider: string | null;
  /** An image that was computed several times counts each time. */
  readonly images: number;
  readonly bytes: number;
  readonly pixels: number;
  /** Regions given to the network. */
  readonly proposals: number;
}

/** What processed images have cost. */
export interface Usage {
  /** Images of local folders, which AWS does not bill. */
  readonly unbilled: number;
  /** Estimates for the other images, by kind of worker. */
  readonly estimates: readonly Estimate[];
}

/**
 * Estimates the cost of processed images. Rows name the provider, not the instances or their number: a GPU counts as one
 * worker of the default type, the CPU as functions. Images without a provider count for the kind that did most.
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
      .map(({ worker, groups }) => estimate(workloadOf({ ...averagesOf(groups), worker }))),
  };
}

function averagesOf(groups: readonly ProcessedImages[]): Pick<Workload, 'images' | 'bytes' | 'megapixels' | 'regions'> {
  const sum = (of: (group: ProcessedImages) => number) => groups.reduce((total, group) => total + of(group), 0);
  const images = sum((group) => group.images);
  return {
    images,
    bytes: sum(({ bytes }) => bytes) / images,
    megapixels: sum(({ pixels }) => pixels) / images / 1e6,
    // A whole number, so that few regions among many images cost too much rather than nothing.
    regions: Math.ceil(sum(({ proposals }) => proposals) / images),
  };
}
