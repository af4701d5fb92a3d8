import type { z } from 'zod';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { defaultBatchSize } from '../../shared/deployment/defaults.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { modelWithCropRule } from '../../shared/models/model-directory.ts';
import { loadModelAt } from '../../shared/models/model-location.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/stores/location.ts';
import type { classifyEnvironment } from './config.ts';
import type { CropReaderPorts, WorkerPorts } from './ports.ts';

/**
 * Opens everything that the classifier needs on AWS, in the container and on Lambda alike.
 * @param isWorker whether to find out what only a process that lives for long has the time for: how fast the CPU is
 *   without being asked for a floor, and whether results can be written, before any message is held
 * @throws {UserError} when results cannot be written and that will not pass
 */
export async function openClassifyPorts(
  environment: z.output<typeof classifyEnvironment>,
  { isWorker = false }: { readonly isWorker?: boolean } = {},
): Promise<WorkerPorts & CropReaderPorts> {
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  const objects = new S3Store(s3);
  const { CROPS: cropRule, BATCH_SIZE: asked } = environment;
  const batchSizeOn = (provider: string) => asked ?? defaultBatchSize(provider);
  const loaded = await loadModelAt(environment.MODEL, objects, environment.MODEL_ID);
  const model = cropRule === undefined ? loaded : modelWithCropRule(loaded, cropRule);
  const [session, { unresolved, maxAttempts }] = await Promise.all([
    openSession(model, {
      accelerator: environment.ACCELERATOR,
      threads: environment.THREADS,
      batchSize: batchSizeOn,
      requireGpu: environment.REQUIRE_GPU,
      minImagesPerSecond: environment.MIN_IMAGES_PER_SECOND,
      measureSpeed: isWorker,
    }),
    // Nothing is sent from here; what is received says itself how it was sent.
    openCropsQueue(sqs, environment.CROPS_QUEUE_URL, objects, { transport: 'inline' }),
  ]);
  const results = new ResultsStore(objects, parseBucketLocation(environment.RESULTS));
  if (isWorker) await refuseUnwritable(results);
  const batchSize = batchSizeOn(session.provider);
  return { model, session, batchSize, crops: unresolved.crops, objects, results, maxAttempts, now: () => new Date() };
}

async function refuseUnwritable(results: ResultsStore): Promise<void> {
  try {
    await results.checkWritable();
  } catch (cause) {
    const { message, isTransient, reason } = Failure.from(cause);
    // What may pass is waited for once there are rows.
    if (isTransient && reason !== 'internal') return;
    throw new UserError(`results cannot be written to RESULTS: ${message}`, { cause });
  }
}
