import type { z } from 'zod';
import { awsClients } from '../../shared/aws/clients.ts';
import { openCropsQueue } from '../../shared/aws/crops-queue.ts';
import { S3Store } from '../../shared/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/location.ts';
import { withCropRule } from '../../shared/model-directory.ts';
import { loadModelFrom } from '../../shared/model-place.ts';
import { ResultsStore } from '../../shared/results/results-store.ts';
import { openSession } from '../../shared/session.ts';
import type { classifyEnvironment } from './config.ts';
import { defaultBatchSize } from './defaults.ts';
import type { CropReaderPorts, WorkerPorts } from './ports.ts';

/**
 * Opens everything that the classifier needs on AWS, in the container and on Lambda alike.
 * @param measureSpeed whether to find out how fast the CPU is without being asked for a floor: a function's cold start
 *   has nobody to tell
 */
export async function openClassifyPorts(
  environment: z.output<typeof classifyEnvironment>,
  { measureSpeed = false }: { readonly measureSpeed?: boolean } = {},
): Promise<WorkerPorts & CropReaderPorts> {
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  const objects = new S3Store(s3);
  const { CROPS: cropRule, BATCH_SIZE: asked } = environment;
  const batchSizeOn = (provider: string) => asked ?? defaultBatchSize(provider);
  const loaded = await loadModelFrom(environment.MODEL, objects, environment.MODEL_ID);
  const model = cropRule === undefined ? loaded : withCropRule(loaded, cropRule);
  const [session, { unresolved, maxAttempts }] = await Promise.all([
    openSession(model, {
      accelerator: environment.ACCELERATOR,
      threads: environment.THREADS,
      batchSize: batchSizeOn,
      requireGpu: environment.REQUIRE_GPU,
      minImagesPerSecond: environment.MIN_IMAGES_PER_SECOND,
      measureSpeed,
    }),
    // Nothing is sent from here; what is received says itself how it was sent.
    openCropsQueue(sqs, environment.CROPS_QUEUE_URL, objects, { transport: 'inline' }),
  ]);
  const results = new ResultsStore(objects, parseBucketLocation(environment.RESULTS));
  const batchSize = batchSizeOn(session.provider);
  return { model, session, batchSize, crops: unresolved.crops, objects, results, maxAttempts, now: () => new Date() };
}
