import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { inceptionBatch, jsonLines, repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const images = 3000;
const graceMs = 5_000;
const folder = temporaryFolder();
const model = join(folder, 'model');
let aws: Fauxqs;

beforeAll(async () => {
  await writeTinyModel(model);
  aws = await startFauxqs();
});
afterAll(() => aws.stop());

describe('a worker that is stopped under load', () => {
  it('exits within the grace period and releases its messages; another worker continues without duplicates', async () => {
    const url = await aws.makeQueue({
      visibilitySeconds: 300,
      maxReceiveCount: 3,
      deadLetterUrl: await aws.makeQueue(),
    });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    const store = `s3://${await aws.makeBucket()}`;
    const { preprocess } = await loadModel(model);
    const messages = Array.from({ length: images }, (_, index) => ({ ...cropOf({ key: `${index}.jpg` }), preprocess }));
    expect(await crops.send(messages)).toEqual([]);

    const first = startWorker(url, store);
    await eventually(async () => expect((await crops.depth()).visible).toBeLessThan(images - 100));
    const stopped = performance.now();
    const exited = once(first, 'exit');
    first.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - stopped).toBeLessThan(graceMs);
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(0));
    expect((await crops.depth()).visible).toBeGreaterThan(0);

    const second = startWorker(url, store);
    const empty = { visible: 0, inFlight: 0 };
    await eventually(async () => expect(await crops.depth()).toEqual(empty));
    const ended = once(second, 'exit');
    second.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const sql = 'select count(*) as rows, count(distinct image_id) as images from results';
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    const { stdout } = await inceptionBatch(results, { XDG_CACHE_HOME: join(folder, 'cache') });
    expect(jsonLines(stdout)).toEqual([{ rows: images, images }]);
  });

  it('exits at once on a second signal', async () => {
    const url = await aws.makeQueue({ maxReceiveCount: 3, deadLetterUrl: await aws.makeQueue() });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    const worker = startWorker(url, `s3://${await aws.makeBucket()}`, { PART_AGE_MS: '60000', GRACE_MS: '60000' });
    await crops.send([cropOf()]);
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(1));
    const exited = once(worker, 'exit');
    worker.kill('SIGTERM');
    worker.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
  });
});

describe('a worker with an uncaught error', () => {
  it('releases its messages before it exits with code 1', async () => {
    const url = await aws.makeQueue({
      visibilitySeconds: 300,
      maxReceiveCount: 3,
      deadLetterUrl: await aws.makeQueue(),
    });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    await crops.send([cropOf(), cropOf({ key: 'b.jpg' })]);
    const fault = join(folder, 'fault.mjs');
    await writeFile(fault, "process.on('SIGUSR2', () => { throw new Error('uncaught'); });");
    const store = `s3://${await aws.makeBucket()}`;
    const worker = startWorker(url, store, { PART_AGE_MS: '60000', NODE_OPTIONS: `--import ${fault}` });
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(2));
    const exited = once(worker, 'exit');
    worker.kill('SIGUSR2');
    expect(await exited).toEqual([1, null]);
    expect(await crops.depth()).toEqual({ visible: 2, inFlight: 0 });
  });
});

function startWorker(queue: string, store: string, environment: Record<string, string> = {}) {
  return spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
    env: {
      ...process.env,
      MODEL: model,
      CROPS_QUEUE_URL: queue,
      RESULTS: store,
      AWS_ENDPOINT: aws.endpoint,
      AWS_REGION: 'us-east-1',
      ACCELERATOR: 'cpu',
      GRACE_MS: String(graceMs),
      HEALTH_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
