import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { cropOf } from '../support/crops.ts';
import { startFaultyProxy } from '../support/faulty-proxy.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { queryResults } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { startWorker } from '../support/start-worker.ts';

const images = Number(process.env['IMAGES'] ?? 20_000);
const workers = 3;
const killEveryMs = 2_000;
const outageMs = 3_000;
const model = await makeTinyModel();
const aws = await startAws();
const proxy = await startFaultyProxy(aws.endpoint);

describe('lost workers, duplicate messages and an outage of the store', () => {
  it(`leave exactly one row for each of ${images} images, and nothing in the queues`, async () => {
    const deadLetterUrl = await aws.makeQueue();
    const url = await aws.makeQueue({ visibilitySeconds: 5, maxReceiveCount: 10, deadLetterUrl });
    const store = `s3://${await aws.makeBucket()}`;
    await sendAll(url);

    const fleet = startFleet({ CROPS_QUEUE_URL: url, RESULTS: store });
    const started = Date.now();
    const outages = [outage(4_000), outage(11_000)];
    while (await isBusy(url)) {
      await sleep(killEveryMs);
      fleet.killOne();
    }
    await Promise.all(outages);
    await fleet.stop();

    console.log(
      `${images} images in ${((Date.now() - started) / 1000).toFixed(0)} s, ${fleet.killed()} workers killed, ${proxy.refused()} writes refused`,
    );
    expect(fleet.killed()).toBeGreaterThan(1);
    expect(proxy.refused()).toBeGreaterThan(0);
    expect(await aws.depth(url)).toEqual({ visible: 0, inFlight: 0 });
    expect(await aws.depth(deadLetterUrl)).toEqual({ visible: 0, inFlight: 0 });
    const sql =
      'select count(*) as rows, count(distinct image_id) as images, any_value(status) as status, count(distinct status) as statuses from results';
    expect(await queryResults(store, sql, aws.endpoint)).toEqual([
      { rows: images, images, status: 'classified', statuses: 1 },
    ]);
  });
});

/** Sends every image once, and every tenth twice. */
async function sendAll(url: string): Promise<void> {
  const crops = await SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
  const { preprocess } = await loadModel(model);
  const all = Array.from({ length: images }, (_, index) => ({
    ...cropOf({ key: `${index}.jpg`, fill: index % 256 }),
    preprocess,
  }));
  const twice = all.filter((_, index) => index % 10 === 0);
  const messages = [...all, ...twice];
  for (let start = 0; start < messages.length; start += 1000) {
    expect(await crops.send(messages.slice(start, start + 1000))).toEqual([]);
  }
}

async function isBusy(url: string): Promise<boolean> {
  const { visible, inFlight } = await aws.depth(url);
  return visible + inFlight > 0;
}

async function outage(afterMs: number): Promise<void> {
  await sleep(afterMs);
  proxy.rejectsWrites = true;
  await sleep(outageMs);
  proxy.rejectsWrites = false;
}

/** Workers as the container starts them. A killed worker is replaced at once. */
function startFleet(environment: Record<string, string>) {
  const running: ReturnType<typeof startWorker>[] = [];
  let killed = 0;
  const start = () => {
    const worker = startWorker({
      ...environment,
      ...{ MODEL: model, AWS_ENDPOINT: proxy.endpoint, ACCELERATOR: 'cpu', THREADS: '1' },
      ...{ BATCH_SIZE: '32', PART_AGE_MS: '500' },
    });
    running.push(worker);
  };
  for (let worker = 0; worker < workers; worker += 1) start();
  return {
    killed: () => killed,
    killOne() {
      running.shift()?.kill('SIGKILL');
      killed += 1;
      start();
    },
    async stop() {
      // The last one may still be starting, and then ends by the signal.
      for (const worker of running) worker.kill('SIGTERM');
      await Promise.all(running.map(({ exited }) => exited));
    },
  };
}
