import { setTimeout as sleep } from 'node:timers/promises';
import { appendRows } from '../../../lambdas/classify/worker/append-rows.ts';
import { runWorker } from '../../../lambdas/classify/worker/worker.ts';
import { type IngestPorts, untraced } from '../../../lambdas/ingest/ports.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { maxAttempts } from '../../../shared/deployment/defaults.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { openCropper } from '../../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { maxCropsPerImage } from '../../../shared/models/crops-of-image.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { GatheredRows } from '../../../shared/rows/gathered-rows.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { Queue } from '../../../shared/stores/ports.ts';
import { localLimits } from '../local-limits.ts';
import { ingestUploads } from './ingest-uploads.ts';
import { cropsInMemory, type PipelineCrops, visibilitySeconds } from './pipeline-crops.ts';
import type { Tally } from './tally.ts';

export interface PipelineInput {
  /** Images to process. An endless source, such as a watched folder, ends when the signal is aborted. */
  readonly uploads: (stop: AbortSignal) => AsyncIterable<UploadEvent>;
  readonly objects: IngestPorts['objects'];
  /**
   * Opens the queue between ingest and classify; the signal releases senders that wait for room in it.
   * @param capacity maximum number of crops in a queue in memory
   */
  readonly openCrops: (capacity: number, stop: AbortSignal) => PipelineCrops;
  readonly results: ResultsWriter;
  readonly model: Model;
  /** May still be loading while the first images are decoded. */
  readonly session: Promise<Session>;
  /** Where results and crops are written: objects there are not images. */
  readonly outputs: IngestPorts['outputs'];
  readonly requestedPrefix: IngestPorts['requestedPrefix'];
  /** Number of images decoded at the same time. */
  readonly decoders: number;
  readonly batchSize: number;
  readonly tally: Tally;
  /** How long a row waits for its part to fill, milliseconds. @default 1000 */
  readonly partAgeMs?: number;
  /** Aborted to take no more images; images in a batch are finished, the others are left to a later run. */
  readonly stop: AbortSignal;
}

/**
 * The whole flow on one machine: uploads queue, ingest, crops queue, classify, results. Ends when every image has a
 * row, or when it was stopped and the images in progress are stored.
 * @throws the first fault that stops the flow, such as a store that cannot be written
 */
export async function runPipeline(input: PipelineInput): Promise<void> {
  const { tally, model, partAgeMs = defaultPartAgeMs } = input;
  const abandon = new AbortController();
  const inputEnded = new AbortController();
  const stop = AbortSignal.any([input.stop, abandon.signal]);
  const partRows = maxPartRows(model);
  const crops = input.openCrops(cropsInMemory(input), stop);
  const results = tally.counting(input.results);
  const rejected = new GatheredRows(
    { append: (rows) => appendRows(rows, results, { attempts, signal: abandon.signal }) },
    { rows: partCrops, ageMs: partAgeMs },
  );
  const uploads = new MemoryQueue<readonly UploadEvent[]>({
    visibilitySeconds,
    // Messages of rejected images are held until their part is stored: room for two parts.
    capacity: 2 * partCrops,
    maxAttempts,
    signal: stop,
  });

  const rule = model.manifest.preprocess;
  const pool = decodePool(input.decoders, localLimits);
  const cropper = openCropper({ rule, limits: localLimits, pool });
  const feeding = feed(input.uploads(stop), uploads, tally, stop);
  const ingesting = ingestUploads({
    uploads,
    ports: {
      objects: input.objects,
      crops,
      results: rejected,
      model: { id: model.id, preprocess: model.preprocess, rule },
      limits: localLimits,
      outputs: input.outputs,
      requestedPrefix: input.requestedPrefix,
      pool,
      cropper,
      trace: untraced,
      maxAttempts,
      now: () => new Date(),
    },
    together: crops.unresolved !== undefined,
    fed: feeding,
    stop,
  }).then(() => inputEnded.abort());
  const classifying = classifyCrops(input, {
    crops,
    results,
    partRows,
    partAgeMs,
    inputEnded: inputEnded.signal,
    stop,
  });

  const stages = [feeding, ingesting, classifying];
  await Promise.race([Promise.all(stages), rejected.failed])
    .catch(async (error: unknown) => {
      abandon.abort();
      inputEnded.abort();
      await Promise.allSettled(stages);
      throw error;
    })
    .finally(() => cropper.close());
}

/** Attempts of a receive or a part. A person waits for this run, so an outage is reported soon. */
const attempts = 6;
/** Crops of the images in a part. Rejected images have none, and their parts as many rows. */
const partCrops = 512;
const defaultPartAgeMs = 1000;

/** Bounds the memory for the crops of the images in a part. */
function maxPartRows({ manifest }: Model): number {
  return Math.max(1, Math.floor(partCrops / maxCropsPerImage(manifest.preprocess)));
}

async function feed(
  source: AsyncIterable<UploadEvent>,
  uploads: Queue<readonly UploadEvent[]>,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  try {
    for await (const event of source) {
      if (stop.aborted) return;
      tally.add(event);
      await uploads.send([[event]]);
    }
  } catch (error) {
    // Images in progress are finished although the listing of a service that does not answer has failed.
    if (stop.aborted) return;
    throw error;
  }
  tally.end();
}

interface ClassifyStage {
  readonly crops: PipelineCrops;
  readonly results: ResultsWriter;
  readonly partRows: number;
  readonly partAgeMs: number;
  readonly inputEnded: AbortSignal;
  readonly stop: AbortSignal;
}

async function classifyCrops(
  { model, session: loading, tally, batchSize }: PipelineInput,
  { crops, results, partRows, partAgeMs, inputEnded, stop }: ClassifyStage,
): Promise<void> {
  const session = await loading;
  const { maxAttempts, unresolved = { crops } } = crops;
  const ports = { ...unresolved, model, session, batchSize, results, maxAttempts, now: () => new Date() };
  const options = {
    pollers: 2,
    batchAgeMs: 50,
    partRows,
    partAgeMs,
    attempts,
    stop,
    inputEnded,
    acknowledgeScored: crops.unresolved === undefined,
  };
  for (;;) {
    await runWorker(ports, options);
    // A failed crop is hidden in the queue for a while; this run still has to finish it.
    if (stop.aborted || tally.pending.size === 0 || (await isEmpty(crops))) return;
    await sleep(500);
  }
}

/** Checks twice, because SQS only estimates the number of its messages. */
async function isEmpty(queue: Queue<CropMessage>): Promise<boolean> {
  for (let check = 0; check < 2; check += 1) {
    const { visible, inFlight } = await queue.depth();
    if (visible + inFlight > 0) return false;
    await sleep(500);
  }
  return true;
}
