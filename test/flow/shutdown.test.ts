import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker as startWorkerWith } from '../support/start-worker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const images = 3000;
/** Longer than a busy machine needs to finish what a worker holds: a worker that uses all of it fails the test. */
const graceMs = 120_000;
const folder = temporaryFolder();
const model = await makeTinyModel();
const aws = await startAws();

describe('a worker that is stopped under load', () => {
  it('exits within the grace period and releases its messages; another worker continues without duplicates', async () => {
    const url = await aws.makeCropsQueue({ visibilitySeconds: 300 });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    const store = `s3://${await aws.makeBucket()}`;
    const { preprocess } = await loadModel(model);
    const messages = Array.from({ length: images }, (_, index) => ({ ...cropOf({ key: `${index}.jpg` }), preprocess }));
    expect(await crops.send(messages)).toEqual([]);

    const first = startWorker(url, store);
    await eventually(async () => expect((await crops.depth()).visible).toBeLessThan(images - 100));
    const stopped = performance.now();
    await first.stop();
    expect(performance.now() - stopped).toBeLessThan(graceMs);
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(0));
    expect((await crops.depth()).visible).toBeGreaterThan(0);

    const second = startWorker(url, store);
    await aws.waitUntilEmpty(url);
    await second.stop();
    const sql = 'select count(*) as rows, count(distinct image_id) as images from results';
    expect(await queryResults(store, sql, aws.endpoint)).toEqual([{ rows: images, images }]);
  });

  it('exits at once on a second signal', async () => {
    const url = await aws.makeCropsQueue();
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    const worker = startWorker(url, `s3://${await aws.makeBucket()}`, { PART_AGE_MS: '60000', GRACE_MS: '60000' });
    await crops.send([cropOf()]);
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(1));
    worker.kill('SIGTERM');
    worker.kill('SIGINT');
    expect(await worker.exited).toEqual([1, null]);
  });
});

describe('a worker with an uncaught error', () => {
  it('releases its messages before it exits with code 1', async () => {
    const url = await aws.makeCropsQueue({ visibilitySeconds: 300 });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    await crops.send([cropOf(), cropOf({ key: 'b.jpg' })]);
    const store = `s3://${await aws.makeBucket()}`;
    const worker = startWorker(url, store, { PART_AGE_MS: '60000', NODE_OPTIONS: `--import ${await writeFault()}` });
    await eventually(async () => expect((await crops.depth()).inFlight).toBe(2));
    worker.kill('SIGUSR2');
    expect(await worker.exited).toEqual([1, null]);
    expect(await crops.depth()).toEqual({ visible: 2, inFlight: 0 });
  });

  it('exits with code 1 when nothing reads its log', async () => {
    const url = await aws.makeCropsQueue({ visibilitySeconds: 300 });
    const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
    await crops.send([cropOf()]);
    const store = `s3://${await aws.makeBucket()}`;
    const worker = startWorker(url, store, { PART_AGE_MS: '100', NODE_OPTIONS: `--import ${await writeFault()}` });
    await aws.waitUntilEmpty(url);
    worker.closeLog();
    // The report of the error is another error.
    worker.kill('SIGUSR2');
    expect(await worker.exited).toEqual([1, null]);
  });
});

/** A module that makes SIGUSR2 an uncaught error. */
async function writeFault(): Promise<string> {
  const fault = join(folder, 'fault.mjs');
  await writeFile(fault, "process.on('SIGUSR2', () => { throw new Error('uncaught'); });");
  return fault;
}

function startWorker(queue: string, store: string, environment: Record<string, string> = {}) {
  return startWorkerWith({
    ...{ MODEL: model, CROPS_QUEUE_URL: queue, RESULTS: store, AWS_ENDPOINT: aws.endpoint, ACCELERATOR: 'cpu' },
    ...{ GRACE_MS: String(graceMs), ...environment },
  });
}
