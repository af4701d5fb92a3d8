import type { z } from 'zod';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { defaultBatchSize } from '../../shared/deployment/defaults.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { modelWithChoice } from '../../shared/models/model-directory.ts';
import { loadModelAt } from '../../shared/models/model-location.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/stores/location.ts';
import type { classifyEnvironment } from './config.ts';
import type { CropReaderPorts, WorkerPorts } from './ports.ts';

/**
 * Opens the model, the session, the queue and the stores on AWS, for the worker and for Lambda.
 * @param isWorker whether to also measure the speed and check that results can be written, before any message is held;
 *   too slow for the cold start of a function
 * @throws {UserError} when results cannot be written and a retry would not help
 */
export async function openClassifyPorts(
  environment: z.output<typeof classifyEnvironment>,
  { isWorker = false }: { readonly isWorker?: boolean } = {},
): Promise<WorkerPorts & CropReaderPorts> {
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  const objects = new S3Store(s3);
  const { CROPS: crops, REGIONS: regions, BATCH_SIZE: batchSizeSetting } = environment;
  const batchSizeOn = (provider: string) => batchSizeSetting ?? defaultBatchSize(provider);
  const loaded = await loadModelAt(environment.MODEL, objects, environment.MODEL_ID);
  const model = modelWithChoice(loaded, { crops, regions });
  const [session, { unresolved, maxAttempts }] = await Promise.all([
    openSession(model, {
      accelerator: environment.ACCELERATOR,
      threads: environment.THREADS,
      batchSize: batchSizeOn,
      requireGpu: environment.REQUIRE_GPU,
      minImagesPerSecond: environment.MIN_IMAGES_PER_SECOND,
      measureSpeed: isWorker,
    }),
    // Used only to receive: each message states how its crops were sent.
    openCropsQueue(sqs, environment.CROPS_QUEUE_URL, objects, { transport: 'inline' }),
  ]);
  const results = new ResultsStore(objects, parseBucketLocation(environment.RESULTS));
  if (isWorker) await checkWritable(results);
  const batchSize = batchSizeOn(session.provider);
  return { model, session, batchSize, crops: unresolved.crops, objects, results, maxAttempts, now: () => new Date() };
}

async function checkWritable(results: ResultsStore): Promise<void> {
  try {
    await results.checkWritable();
  } catch (cause) {
    const { message, isTransient, reason } = Failure.from(cause);
    // Transient failures are retried when there are rows to store.
    if (isTransient && reason !== 'internal') return;
    throw new UserError(`cannot write results to RESULTS: ${message}`, { cause });
  }
}
