import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { seededRandom } from '../../shared/random/seeded-random.ts';
import { runCommand } from '../support/run-command.ts';
import type { TestAws } from '../support/start-aws.ts';
import { planDisruptions } from './cast/disruptions.ts';
import { isBusy, makeStage, type Stage } from './cast/make-stage.ts';
import { makeImages, type TestImage } from './cast/pictures.ts';
import { startCast } from './cast/start-cast.ts';
import type { FaultKind, Rates } from './proxy/fault-plan.ts';
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
  /** Kinds of faults of the scenario that did not happen. */
  readonly unused: readonly FaultKind[];
  /** Faults of the proxy itself. */
  readonly proxyErrors: readonly string[];
  readonly kills: number;
  readonly pauses: number;
  readonly timeouts: number;
  /** Invocations of ingest that failed, by error. */
  readonly errors: readonly string[];
  readonly seconds: number;
}

/**
 * Submits images through a faulty proxy to the ingest function and workers, both in processes of their own that are killed
 * and paused, waits until both queues are empty, and adds up what is in the store and in the dead-letter queues.
 */
export async function runScenario(
  scenario: Scenario,
  { aws, model }: { readonly aws: TestAws; readonly model: string },
): Promise<ScenarioOutcome> {
  const { name, seed, rates, delayMs, kills = 0, pauses = 0, transport = 'inline', environment } = scenario;
  const images = await makeImages(scenario.images);
  const stage = await makeStage(aws, images);
  const started = performance.now();
  const proxy = await startChaosProxy({ target: aws.endpoint, seed: `${seed}`, rates, delayMs, ...scenario.proxy });
  const { endpoint } = proxy;
  await submit(stage, { model, endpoint });
  const cast = startCast(stage, { endpoint, model, transport, environment });
  const done = { kills: 0, pauses: 0 };
  try {
    // Every image is delivered at least once, and every sound one twice.
    const planned = planDisruptions(seededRandom(seed), { kills, pauses, deliveries: 1.8 * images.length });
    while (planned.length > 0 || (await isBusy(aws, stage))) {
      while (planned[0] !== undefined && planned[0].at <= proxy.delivered()) {
        const { kind } = planned.shift() ?? planned[0];
        cast.disrupt(kind);
        done[kind.startsWith('kill') ? 'kills' : 'pauses'] += 1;
      }
      await wait(200);
    }
    await cast.resumed();
  } finally {
    await cast.stop();
  }
  return {
    ...{ name, store: stage.store, images, faults: proxy.plan.counts, unused: proxy.plan.unused(), ...done },
    proxyErrors: proxy.errors(),
    ...{ messages: proxy.delivered(), requests: proxy.requests(), timeouts: cast.timeouts(), errors: cast.errors() },
    seconds: (performance.now() - started) / 1000,
    ...(await addUp({ aws, store: stage.store, images, deadLetters: stage.deadLetters })),
  };
}

/** Submits the images of the bucket as the job "chaos"; a submission that fails is repeated, as its message says. */
async function submit(
  { drop, store, uploads }: Stage,
  { model, endpoint }: { readonly model: string; readonly endpoint: string },
): Promise<void> {
  const args = ['submit', `s3://${drop}/`, '--job', 'chaos', '--store', store, '--model', model, '--queue', uploads];
  for (let attempt = 1; ; attempt += 1) {
    const { code, stderr } = await runCommand([...args, '--endpoint', endpoint, '--json']);
    if (code === 0) return;
    if (attempt === 5) expect(code, stderr).toBe(0);
  }
}
