import { expect, it } from 'vitest';
import { classifyEnvironment } from '../../../lambdas/classify/config.ts';
import { openClassifyPorts } from '../../../lambdas/classify/open-ports.ts';
import { defaultPollers } from '../../../lambdas/classify/process/default-pollers.ts';
import { defaultBatchSize } from '../../../shared/deployment/defaults.ts';
import { readEnvironment } from '../../../shared/deployment/environment.ts';
import { providers } from '../../../shared/inference/accelerator/provider.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { startAws } from '../../support/start-aws.ts';

const folder = await makeTinyModel();
process.env['AWS_REGION'] ??= 'us-east-1';
const aws = await startAws();
const environment: Record<string, string> = {
  MODEL: folder,
  CROPS_QUEUE_URL: await aws.makeCropsQueue(),
  RESULTS: `s3://${await aws.makeBucket()}`,
  AWS_ENDPOINT: aws.endpoint,
  THREADS: '1',
};

async function open(more: Record<string, string> = {}, options: Parameters<typeof openClassifyPorts>[1] = {}) {
  const ports = await openClassifyPorts(readEnvironment(classifyEnvironment, { ...environment, ...more }), options);
  await ports.session.close();
  return { batchSize: ports.batchSize, speed: ports.session.report.imagesPerSecond };
}

it('the cold start of a function measures the speed only if a minimum is set', async () => {
  expect((await open()).speed).toBeUndefined();
  expect((await open({ MIN_IMAGES_PER_SECOND: '1' })).speed).toBeGreaterThan(1);
  expect((await open({}, { isWorker: true })).speed).toBeGreaterThan(1);
});

it('the batch size is the given one, or else suits the provider', async () => {
  expect((await open()).batchSize).toBe(8);
  expect((await open({ BATCH_SIZE: '16' })).batchSize).toBe(16);
  expect(providers.map(defaultBatchSize)).toEqual([64, 64, 64, 8]);
  expect(providers.map((provider) => defaultPollers(provider, 2))).toEqual([16, 16, 16, 4]);
  expect([4, 8, 16, 64].map((cores) => defaultPollers('cpu', cores))).toEqual([4, 8, 16, 16]);
});

it('a worker does not start if results cannot be written', async () => {
  const wrong = open({ RESULTS: 's3://no-such-bucket/store' }, { isWorker: true });
  await expect(wrong).rejects.toThrow(/^cannot write results to RESULTS: .*no-such-bucket/);
  await expect(wrong).rejects.toMatchObject({ name: 'UserError' });
});
