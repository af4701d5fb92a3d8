import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { inceptionBatch, jsonLines, repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts';
import { type Fauxqs, startFauxqs } from '../support/fauxqs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const images = Number(process.env['IMAGES'] ?? 20_000);
const workers = 3;
const killEveryMs = 2_000;
const outageMs = 3_000;
const folder = temporaryFolder();
const model = join(folder, 'model');
let aws: Fauxqs;
let proxy: FaultyProxy;

beforeAll(async () => {
  await writeTinyModel(model);
  aws = await startFauxqs();
  proxy = await startFaultyProxy(aws.endpoint);
});
afterAll(async () => {
  await proxy.stop();
  await aws.stop();
});

describe('lost workers, duplicate messages and an outage of the store', () => {
  it(`leave exactly one row for each of ${images} images, and nothing in the queues`, async () => {
    const deadLetterUrl = await aws.makeQueue();
    const url = await aws.makeQueue({ visibilitySeconds: 5, maxReceiveCount: 10, deadLetterUrl });
    const [crops, dead] = [await openQueue(url), await openQueue(deadLetterUrl)];
    const store = `s3://${await aws.makeBucket()}`;
    await sendAll(crops);

    const fleet = startFleet({ CROPS_QUEUE_URL: url, RESULTS: store });
    const started = Date.now();
    const outages = [outage(4_000), outage(11_000)];
    while (await isBusy(crops)) {
      expect(Date.now() - started).toBeLessThan(600_000);
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
    expect(await crops.depth()).toEqual({ visible: 0, inFlight: 0 });
    expect(await dead.depth()).toEqual({ visible: 0, inFlight: 0 });
    const sql =
      'select count(*) as rows, count(distinct image_id) as images, any_value(status) as status, count(distinct status) as statuses from results';
    const results = ['results', '--store', store, '--endpoint', aws.endpoint, '--json', '--sql', sql];
    const { stdout, stderr } = await inceptionBatch(results, { XDG_CACHE_HOME: join(folder, 'cache') });
    expect(stderr).toBe('');
    expect(jsonLines(stdout)).toEqual([{ rows: images, images, status: 'classified', statuses: 1 }]);
  });
});

function openQueue(url: string) {
  return SqsQueue.open(aws.sqs, url, cropEnvelopeCodec);
}

/** Sends every image once, and every tenth twice. */
async function sendAll(crops: Awaited<ReturnType<typeof openQueue>>): Promise<void> {
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

async function isBusy(crops: Awaited<ReturnType<typeof openQueue>>): Promise<boolean> {
  const { visible, inFlight } = await crops.depth();
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
  const running: ChildProcess[] = [];
  let killed = 0;
  const start = () => {
    const worker = spawn(process.execPath, [join(repository, 'lambdas/classify/process/main.ts')], {
      env: {
        ...process.env,
        ...environment,
        MODEL: model,
        AWS_ENDPOINT: proxy.endpoint,
        AWS_REGION: 'us-east-1',
        ACCELERATOR: 'cpu',
        THREADS: '1',
        BATCH_SIZE: '32',
        PART_AGE_MS: '500',
        HEALTH_PORT: '0',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
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
      await Promise.all(running.map((worker) => ended(worker)));
    },
  };
}

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGTERM');
  await exited;
}
