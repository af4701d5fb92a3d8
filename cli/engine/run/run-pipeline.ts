import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerPorts } from '../../../lambdas/classify/ports.ts';
import { runWorker } from '../../../lambdas/classify/worker/worker.ts';
import { type IngestPorts, untraced } from '../../../lambdas/ingest/ports.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { cropsPerImage } from '../../../shared/models/model-manifest.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import type { Queue, ResultsWriter } from '../../../shared/stores/ports.ts';
import { ingestUploads } from './ingest-uploads.ts';
import type { Tally } from './tally.ts';

/** The queue between ingest and classify; and, where pixels may lie elsewhere, what the worker needs to read them itself. */
export type PipelineCrops = Queue<CropMessage> & { readonly unresolved?: Pick<WorkerPorts, 'crops' | 'objects'> };

export interface PipelineInput {
  /** Images to work on; where they have no end, as when a folder is watched, they end when the signal is aborted. */
  readonly uploads: (stop: AbortSignal) => AsyncIterable<UploadEvent>;
  readonly objects: IngestPorts['objects'];
  /**
   * Opens the queue between ingest and classify; the signal frees those who wait for room in it.
   * @param capacity images that a queue in memory may hold
   */
  readonly openCrops: (capacity: number, stop: AbortSignal) => PipelineCrops;
  readonly results: ResultsWriter;
  readonly model: Model;
  /** May still be loading while the first images are decoded. */
  readonly session: Promise<Session>;
  /** Where results and crops are written: never taken for images. */
  readonly outputs: IngestPorts['outputs'];
  readonly requestedPrefix: IngestPorts['requestedPrefix'];
  readonly limits: IngestPorts['limits'];
  /** Images decoded at the same time. */
  readonly decoders: number;
  readonly batchSize: number;
  readonly tally: Tally;
  /** Aborted to take no more images; those in a batch are finished, the others are left to a later run. */
  readonly stop: AbortSignal;
}

/**
 * The whole flow on one machine: uploads queue, ingest, crops queue, classify, results. Ends when every image has a row,
 * or when it was stopped and what was on its way has been stored.
 * @throws the first fault that keeps the flow from going on, such as a store that cannot be written
 */
export async function runPipeline(parts: PipelineInput): Promise<void> {
  const { tally, model } = parts;
  const abandon = new AbortController();
  const inputEnded = new AbortController();
  const stop = AbortSignal.any([parts.stop, abandon.signal]);
  const partRows = imagesAPart(model);
  // As images leave the queue only with a stored part: room for two parts.
  const crops = parts.openCrops(2 * partRows, stop);
  const storing = watchingFor(parts.results);
  const results = tally.counting(storing.results);
  const uploads = new MemoryQueue<readonly UploadEvent[]>({
    visibilitySeconds,
    capacity: 64,
    maxAttempts,
    signal: stop,
  });

  const feeding = feed(parts.uploads(stop), uploads, tally, stop);
  const ingesting = ingestUploads({
    uploads,
    ports: {
      objects: parts.objects,
      crops,
      results,
      model: { id: model.id, preprocess: model.preprocess, rule: model.manifest.preprocess },
      limits: parts.limits,
      outputs: parts.outputs,
      requestedPrefix: parts.requestedPrefix,
      pool: decodePool(parts.decoders, parts.limits),
      trace: untraced,
      maxAttempts,
      now: () => new Date(),
    },
    fed: feeding,
    stop,
  }).then(() => inputEnded.abort());
  const classifying = classifyCrops(parts, { crops, results, partRows, inputEnded: inputEnded.signal, stop });

  const stages = [feeding, ingesting, classifying];
  await Promise.all(stages).catch(async (error: unknown) => {
    abandon.abort();
    inputEnded.abort();
    await Promise.allSettled(stages);
    throw error;
  });
  // Ingest gives a message back when its row cannot be stored; here nobody else will take it.
  const lost = uploads.deadLetters().some((events) => events.some(({ kind }) => kind === 'deleted'));
  if (storing.fault() !== undefined && (tally.pending.size > 0 || lost)) throw storing.fault();
}

/** The same writer, and the last fault that kept it from storing rows. */
function watchingFor(results: ResultsWriter): { results: ResultsWriter; fault: () => unknown } {
  let fault: unknown;
  const append: ResultsWriter['append'] = (rows) =>
    results.append(rows).catch((error: unknown) => {
      fault = error;
      throw error;
    });
  return { results: { append }, fault: () => fault };
}

/** Deliveries of an upload or a crop before its image is rejected with the last reason. */
const maxAttempts = 3;
/** Of a receive or a part: a person waits for this run, who is rather told of an outage than left to wonder. */
const attempts = 6;
/** No consumer of a queue in this process can be lost without the process, so this only has to be long enough. */
const visibilitySeconds = 3600;
/** Crops of the images in a part: 77 MB where they are of 224 × 224. */
const partCrops = 512;

/** Rows in a part at most: as many as bound the memory that the crops of their images take. */
function imagesAPart({ manifest }: Model): number {
  return Math.max(1, Math.floor(partCrops / cropsPerImage[manifest.preprocess.crop.rule]));
}

/** The crops queue of a pipeline in one process. */
export function openMemoryCrops(capacity: number, signal: AbortSignal): PipelineCrops {
  return new MemoryQueue({ visibilitySeconds, capacity, maxAttempts, signal });
}

async function feed(
  source: AsyncIterable<UploadEvent>,
  uploads: Queue<readonly UploadEvent[]>,
  tally: Tally,
  stop: AbortSignal,
): Promise<void> {
  for await (const event of source) {
    if (stop.aborted) return;
    tally.add(event);
    await uploads.send([[event]]);
  }
  tally.end();
}

async function classifyCrops(
  { model, session: loading, tally, batchSize }: PipelineInput,
  {
    crops,
    results,
    partRows,
    inputEnded,
    stop,
  }: {
    crops: PipelineCrops;
    results: ResultsWriter;
    partRows: number;
    inputEnded: AbortSignal;
    stop: AbortSignal;
  },
): Promise<void> {
  const session = await loading;
  const { maxAttempts, unresolved = { crops } } = crops;
  const ports = { ...unresolved, model, session, batchSize, results, maxAttempts, now: () => new Date() };
  const options = { pollers: 2, batchAgeMs: 50, partRows, partAgeMs: 1000, attempts, stop, inputEnded };
  for (;;) {
    await runWorker(ports, options);
    // A crop that failed is back in the queue, hidden for a while: it is still this run's to finish.
    if (stop.aborted || tally.pending.size === 0 || (await isEmpty(crops))) return;
    await sleep(500);
  }
}

/** Twice in a row, since SQS only estimates how many messages it has. */
async function isEmpty(queue: Queue<CropMessage>): Promise<boolean> {
  for (let look = 0; look < 2; look += 1) {
    const { visible, inFlight } = await queue.depth();
    if (visible + inFlight > 0) return false;
    await sleep(500);
  }
  return true;
}
