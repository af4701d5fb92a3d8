import type { z } from 'zod';
import { awsClients } from '../../shared/aws/clients.ts';
import { openCropsQueue } from '../../shared/aws/crops-queue.ts';
import { S3Store } from '../../shared/aws/s3-store.ts';
import { parseBucketLocation } from '../../shared/location.ts';
import { loadModel } from '../../shared/model-directory.ts';
import { ResultsStore } from '../../shared/results/results-store.ts';
import { openSession } from '../../shared/session.ts';
import type { classifyEnvironment } from './config.ts';
import type { WorkerPorts } from './ports.ts';

/** Opens everything that the classifier needs on AWS, in the container and on Lambda alike. */
export async function openClassifyPorts(environment: z.output<typeof classifyEnvironment>): Promise<WorkerPorts> {
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  const model = await loadModel(environment.MODEL);
  const [session, crops] = await Promise.all([
    openSession(model, environment.THREADS),
    openCropsQueue(sqs, environment.CROPS_QUEUE_URL),
  ]);
  const results = new ResultsStore(new S3Store(s3), parseBucketLocation(environment.RESULTS));
  const { BATCH_SIZE: batchSize } = environment;
  return { model, session, batchSize, crops, results, maxAttempts: crops.maxAttempts, now: () => new Date() };
}
