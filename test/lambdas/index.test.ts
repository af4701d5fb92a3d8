import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type FunctionEnvironment,
  type IngestedImage,
  openClassifyHandler,
  openIngestHandler,
  UserError,
} from '../../lambdas/index.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { repository } from '../support/cli.ts';
import { s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';

const model = join(repository, 'demo/fashion-mnist/model');
const settings: FunctionEnvironment = {
  ...{ MODEL: model, MODEL_MANIFEST: join(model, 'manifest.json'), RESULTS: 's3://results/store' },
};
/** With a queue of an emulator. */
async function withQueue(): Promise<FunctionEnvironment> {
  const aws = await startAws();
  return { ...settings, CROPS_QUEUE_URL: await aws.makeCropsQueue(), AWS_ENDPOINT: aws.endpoint };
}

const unexpected = () => Promise.reject(new Error('not expected'));

it('names a manifest that cannot be read', async () => {
  const opening = openIngestHandler({
    ...settings,
    ...{ MODEL_MANIFEST: '/nope', CROPS_QUEUE_URL: 'http://127.0.0.1:1/0/crops' },
  });
  await expect(opening).rejects.toThrow(UserError);
  await expect(opening).rejects.toThrow('MODEL_MANIFEST is "/nope", which cannot be read: set it to');
});

it('calls an image that is delivered again retried, and the writer only with rows', async () => {
  const images: IngestedImage[] = [];
  const handler = await openIngestHandler(await withQueue(), {
    objects: {
      read: () => Promise.reject(new Failure('unavailable', 'no answer')),
      readRange: unexpected,
      write: unexpected,
      create: unexpected,
      remove: unexpected,
      list: () => {
        throw new Error('not expected');
      },
    },
    results: () => ({ append: unexpected }),
    onImage: (image) => images.push(image),
  });
  const { batchItemFailures } = await handler(sqsEvent(s3Notification('photos', 'a.jpg')));
  expect(batchItemFailures).toHaveLength(1);
  expect(images).toMatchObject([{ key: 'a.jpg', outcome: 'retried', reason: 'unavailable', willRetry: true }]);
});

it("gives the classify function's writer no batch without rows", async () => {
  const handler = await openClassifyHandler(await withQueue(), { results: () => ({ append: unexpected }) });
  expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
});
