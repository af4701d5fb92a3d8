import type { WorkerPorts } from '../../../lambdas/classify/ports.ts';
import { type CropMessage, chunksOf, cropsIn } from '../../../shared/crops/crop-message.ts';
import { maxAttempts } from '../../../shared/deployment/defaults.ts';
import { releaseMemory } from '../../../shared/flow/release-memory.ts';
import { maxCropsPerImage } from '../../../shared/models/crops-of-image.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { Queue } from '../../../shared/stores/ports.ts';

/** The queue between ingest and classify; `unresolved` lets the worker read pixels that are not in the messages. */
export type PipelineCrops = Queue<CropMessage> & { readonly unresolved?: Pick<WorkerPorts, 'crops' | 'objects'> };

/** A consumer in this process cannot be lost alone, so this only has to be long enough. */
export const visibilitySeconds = 3600;
/** 154 MB at 224 × 224. */
const maxCropsInMemory = 1024;

/** The crops queue of a pipeline in one process. The pixels of a message are freed when it is acknowledged. */
export function openMemoryCrops(capacity: number, signal: AbortSignal): PipelineCrops {
  return new MemoryQueue<CropMessage>({
    ...{ visibilitySeconds, capacity, maxAttempts, signal },
    weightOf: cropsIn,
    onAcknowledged: (message) => chunksOf(message).forEach(releaseMemory),
  });
}

/**
 * Crops that wait or are in a batch: two batches, and at least one image, for each core and for two batches that are being
 * filled. The network is slower than decoding, so that a larger queue would only be fuller.
 */
export function cropsInMemory({
  model,
  decoders,
  batchSize,
}: {
  readonly model: Model;
  readonly decoders: number;
  readonly batchSize: number;
}): number {
  const each = Math.max(2 * batchSize, maxCropsPerImage(model.manifest.preprocess));
  return Math.min((decoders + 2) * each, maxCropsInMemory);
}
