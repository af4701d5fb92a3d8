import { assumptionsOf, type Estimate, estimate, notCounted } from '../../jobs/cost/estimate.ts';
import { type Worker, workloadOf } from '../../jobs/cost/workload.ts';
import { byInstance, byWorkers } from '../../plan/alternatives.ts';
import { countImages } from '../../plan/count-images.ts';
import { peersOf } from '../../plan/peers.ts';
import type { Transport } from '../../shared/crops/transport.ts';
import * as prices from '../../shared/deployment/prices.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openSource, openStore, type StoreOptions } from './locations.ts';

export interface JobOptions extends StoreOptions {
  /** Images, if no location is listed. */
  readonly count?: number;
  /** Bytes of an image, with `count`. */
  readonly size?: number;
  readonly megapixels?: number;
  readonly crops: string;
  /** Regions of each image that are classified besides. */
  readonly regions?: number;
  readonly transport: Transport;
  /** @default that of a deployment */
  readonly ingestBatch?: number;
  /** Days that crops are kept. @default that of a deployment */
  readonly messageDays?: number;
  readonly workers?: number;
}

/**
 * Estimates the cost and duration of a job.
 * @param images a location whose images are listed; undefined for `count` images
 * @param onListed receives the number of listed images from time to time
 * @throws {UserError} if the location has no images
 */
export async function plan(
  images: string | undefined,
  options: JobOptions,
  worker: Worker,
  onListed: (images: number) => void,
): Promise<Estimate> {
  const { count, size, megapixels, crops, regions, transport, ingestBatch, messageDays, workers } = options;
  const counted =
    images === undefined ? { images: count ?? 0, bytes: size } : await listImages(images, options, onListed);
  return estimate(
    workloadOf({
      images: counted.images,
      ...(counted.bytes === undefined ? {} : { bytes: counted.bytes }),
      ...(megapixels === undefined ? {} : { megapixels }),
      crops: Number(crops),
      ...(regions === undefined ? {} : { regions }),
      transport,
      ...(ingestBatch === undefined ? {} : { ingestBatch }),
      ...(messageDays === undefined ? {} : { messageDays }),
      ...(workers === undefined ? {} : { workers }),
      worker,
      listed: images !== undefined,
    }),
  );
}

/** Number of images of a location, without the pipeline's own objects, and their average size in bytes. */
async function listImages(
  text: string,
  options: StoreOptions,
  onListed: (images: number) => void,
): Promise<{ images: number; bytes: number }> {
  const source = await openSource(text, options, openStore(options));
  const { images, bytes } = await countImages(source.objects, source, (soFar) => onListed(soFar.images));
  if (images === 0) throw new UserError(`no files to plan for in ${text}`);
  return { images, bytes: bytes / images };
}

/** An estimate with alternatives, assumptions, prices and their sources. */
export function planDetails(planned: Estimate) {
  const { job } = planned;
  return {
    ...planned,
    byWorkers: byWorkers(job),
    byInstance: byInstance(job),
    peers: peersOf(job.images),
    assumptions: assumptionsOf(job),
    notCounted,
    prices,
  };
}
