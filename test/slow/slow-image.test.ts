import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { ingestSlowBatch } from '../support/ingest-slow-batch.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { startAws } from '../support/start-aws.ts';
import { startFunctionChild } from '../support/start-function-child.ts';

const maxAttempts = 5;

type Limits = Omit<Parameters<typeof startFunctionChild>[1], 'environment'>;

/** Runs the function's entry point against an emulator of S3 and SQS. */
async function run(transport: 'inline' | 'packed', limits: Limits) {
  const aws = await startAws();
  const model = await makeTinyModel();
  const [bucket, results] = [await aws.makeBucket(), `s3://${await aws.makeBucket()}`];
  const cropsUrl = await aws.makeCropsQueue();
  const environment = {
    ...{ MODEL_MANIFEST: join(model, 'manifest.json'), CROPS_QUEUE_URL: cropsUrl, RESULTS: results },
    ...{ TRANSPORT: transport, MAX_ATTEMPTS: String(maxAttempts), AWS_ENDPOINT: aws.endpoint },
    ...{ METRICS_NAMESPACE: 'inception-batch/test', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769' },
  };
  const { invoke } = startFunctionChild(join(repository, 'lambdas/ingest/index.ts'), { environment, ...limits });
  const figures = await ingestSlowBatch({ aws, bucket, cropsUrl, results, maxAttempts, invoke });
  console.log(JSON.stringify({ transport, ...limits, ...figures }));
  return figures;
}

describe('99 photos and an image that takes longer than the function may run', () => {
  it.each(['inline', 'packed'] as const)('are each sent once or have a row: %s', async (transport) => {
    expect(await run(transport, { timeoutSeconds: 9 })).toEqual({
      ...{ answered: maxAttempts, ended: 0, photos: 99, crops: 99, packed: transport === 'packed' ? 99 : 0 },
      ...{ rows: { 'rejected timeout': 1 }, deadLetters: 1, lost: 0, slow: { crops: 0, reason: 'timeout' } },
    });
  });

  it('are sent or have a row even if every attempt is killed without a warning', async () => {
    expect(await run('packed', { timeoutSeconds: 8, announcedSeconds: 300 })).toMatchObject({
      ...{ answered: 0, ended: maxAttempts, photos: 99, rows: { 'rejected abandoned': 100 } },
      ...{ deadLetters: 100, lost: 0, slow: { crops: 0, reason: 'abandoned' } },
    });
  });
});
