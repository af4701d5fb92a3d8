import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { seededRandom } from '../../shared/random/seeded-random.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { runCommand } from '../support/run-command.ts';
import type { TestAws } from '../support/start-aws.ts';
import { planDisruptions } from './cast/disruptions.ts';
import { FunctionProcess } from './cast/function-process.ts';
import { makeImages, type TestImage } from './cast/pictures.ts';
import { pollUploads } from './cast/poll-uploads.ts';
import { WorkerFleet } from './cast/worker-fleet.ts';
import type { Rates } from './proxy/fault-plan.ts';
import { type ChaosProxy, type ChaosProxyOptions, startChaosProxy } from './proxy/start-chaos-proxy.ts';
import { addUp, type Sums } from './sums.ts';

export interface Scenario {
  readonly name: string;
  readonly seed: number;
  readonly images: number;
  readonly rates: Rates;
  readonly delayMs: number;
  readonly kills?: number;
  readonly pauses?: number;
  readonly transport?: 'inline' | 'packed';
  readonly proxy?: Partial<ChaosProxyOptions>;
  /** Of workers and of ingest. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface ScenarioOutcome extends Sums {
  readonly name: string;
  /** `s3://` and its bucket. */
  readonly store: string;
  readonly images: readonly TestImage[];
  readonly messages: number;
  readonly requests: number;
  readonly faults: ChaosProxy['plan']['counts'];
  readonly kills: number;
  readonly pauses: number;
  readonly timeouts: number;
  /** Invocations of ingest that failed, by error. */
  readonly errors: readonly string[];
  readonly seconds: number;
}

const workers = 2;
const functions = 2;
const maxAttempts = 5;
/** Longer than an invocation may take, as in a deployment. */
const visibilitySeconds = { uploads: 20, crops: 10 };
const functionTimeoutMs = 16_000;
/** Of the visibility. */
const pause = 1.7;

/**
 * Submits images through a faulty proxy to the ingest function and workers, both in processes of their own that are killed
 * and paused, waits until both queues are empty, and adds up what is in the store and in the dead-letter queues.
 */
export async function runScenario(scenario: Scenario, { aws, model }: { aws: TestAws; model: string }) {
  const { name, seed, rates, delayMs, kills = 0, pauses = 0, transport = 'inline' } = scenario;
  const images = await makeImages(scenario.images);
  const drop = await aws.makeBucket();
  for (const { key, bytes } of images) await aws.put(drop, key, bytes);
  const store = `s3://${await aws.makeBucket()}`;
  const [uploadsDead, cropsDead] = [await aws.makeQueue(), await aws.makeQueue()];
  const uploads = await aws.makeQueue({
    ...{ visibilitySeconds: visibilitySeconds.uploads, maxReceiveCount: maxAttempts, deadLetterUrl: uploadsDead },
  });
  const crops = await aws.makeQueue({
    ...{ visibilitySeconds: visibilitySeconds.crops, maxReceiveCount: maxAttempts, deadLetterUrl: cropsDead },
  });
  const started = performance.now();
  const proxy = await startChaosProxy({ target: aws.endpoint, seed: `${seed}`, rates, delayMs, ...scenario.proxy });
  await submit({ drop, store, model, uploads, endpoint: proxy.endpoint });

  const environment = {
    ...{ AWS_ENDPOINT: proxy.endpoint, CROPS_QUEUE_URL: crops, RESULTS: store, MAX_ATTEMPTS: String(maxAttempts) },
    ...{ MODEL: model, MODEL_MANIFEST: `${model}/manifest.json`, TRANSPORT: transport },
    ...{ ACCELERATOR: 'cpu', THREADS: '1', BATCH_SIZE: '32', PART_AGE_MS: '500', POWERTOOLS_DEV: 'false' },
    ...scenario.environment,
  };
  const stop = new AbortController();
  const { sqs } = awsClients({ endpoint: proxy.endpoint, region: 'us-east-1' }, {});
  const fleet = new WorkerFleet(environment, workers);
  const ingests = Array.from({ length: functions }, () => new FunctionProcess(environment, functionTimeoutMs));
  const polls = ingests.map((ingest) => pollUploads(sqs, uploads, { ingest, stop: stop.signal }));

  const done = { kills: 0, pauses: 0 };
  const pausing: Promise<void>[] = [];
  const [firstIngest, lastIngest] = [ingests[0], ingests.at(-1)];
  const disrupt = {
    'kill worker': () => fleet.kill(),
    'kill ingest': () => firstIngest?.kill(),
    'pause worker': () => void pausing.push(fleet.pause(visibilitySeconds.crops * pause * 1000)),
    'pause ingest': () => {
      if (lastIngest) pausing.push(lastIngest.pause(visibilitySeconds.uploads * pause * 1000));
    },
  };
  // Every image is delivered at least once, and every sound one twice.
  const planned = planDisruptions(seededRandom(seed), { kills, pauses, deliveries: 1.8 * images.length });
  while (planned.length > 0 || (await isBusy(aws, [uploads, crops]))) {
    while (planned[0] !== undefined && planned[0].at <= proxy.delivered()) {
      const { kind } = planned.shift() ?? planned[0];
      disrupt[kind]();
      done[kind.startsWith('kill') ? 'kills' : 'pauses'] += 1;
    }
    await wait(200);
  }
  await Promise.all(pausing);
  stop.abort();
  await Promise.all(polls);
  for (const ingest of ingests) ingest.kill();
  await fleet.stop();
  sqs.destroy();

  const outcome: ScenarioOutcome = {
    ...{ name, store, images, faults: proxy.plan.counts, ...done },
    ...{ messages: proxy.delivered(), requests: proxy.requests() },
    timeouts: ingests.reduce((sum, { timeouts }) => sum + timeouts, 0),
    errors: [...new Set(ingests.flatMap(({ errors }) => errors))],
    seconds: (performance.now() - started) / 1000,
    ...(await addUp({ aws, store, images, deadLetters: [uploadsDead, cropsDead] })),
  };
  return outcome;
}

/** Submits the images of the bucket as the job "chaos"; a submission that fails is repeated, as its message says. */
async function submit(options: { drop: string; store: string; model: string; uploads: string; endpoint: string }) {
  const { drop, store, model, uploads, endpoint } = options;
  const args = ['submit', `s3://${drop}/`, '--job', 'chaos', '--store', store, '--model', model, '--queue', uploads];
  for (let attempt = 1; ; attempt += 1) {
    const { code, stderr } = await runCommand([...args, '--endpoint', endpoint, '--json']);
    if (code === 0) return;
    if (attempt === 5) expect(code, stderr).toBe(0);
  }
}

/** Checked in the order of the flow: an upload is deleted after its crops were sent. */
async function isBusy(aws: TestAws, queues: readonly string[]): Promise<boolean> {
  for (const queue of queues) {
    const { visible, inFlight } = await aws.depth(queue);
    if (visible + inFlight > 0) return true;
  }
  return false;
}
