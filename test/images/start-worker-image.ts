import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { modelId } from '../../shared/models/model-manifest.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { freePort } from '../support/listen.ts';
import { queryResults } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { engine } from './build-image.ts';

/** An emulator of S3 and SQS with a model in a bucket, for workers in containers. */
export async function startAwsWithModel() {
  const folder = join(temporaryFolder(), 'model');
  const id = modelId(await writeTinyModel(folder));
  const aws = await startAws();
  const bucket = await aws.makeBucket();
  for (const file of ['manifest.json', 'model.onnx']) {
    await aws.put(bucket, `models/tiny/${file}`, await readFile(join(folder, file)));
  }

  return {
    aws,
    /** The model directory, for an image that contains it. */
    model: { folder, id, url: `s3://${bucket}/models/tiny` },
    /** Starts the worker of an image on a new queue and store. */
    async startWorker(tag: string, environment: Readonly<Record<string, string>> = {}) {
      const store = await aws.makeBucket();
      const url = await aws.makeCropsQueue();
      const settings = {
        ...{ MODEL: `s3://${bucket}/models/tiny`, MODEL_ID: id, CROPS_QUEUE_URL: url, RESULTS: `s3://${store}` },
        ...{ AWS_ENDPOINT: aws.endpoint, AWS_REGION: 'us-east-1', HEALTH_PORT: await freePort() },
        ...{ PART_AGE_MS: '100', THREADS: '1', ...environment },
      };
      const start = () => engine.start(tag, settings);
      return {
        container: start(),
        /** Starts another one on the same queue and store. */
        start,
        url,
        crops: await openCropsQueue(aws.sqs, url, new S3Store(aws.s3), { transport: 'inline' }),
        rows: (sql: string) => queryResults(`s3://${store}`, sql, aws.endpoint),
      };
    },
  };
}
