import { readdir } from 'node:fs/promises';
import pMap from 'p-map';
import { comparePredictions } from '../../../model/verify/agreement.ts';
import type { Prediction } from '../../../model/verify/predict-crops.ts';
import { AcceleratorError } from '../../../shared/inference/accelerator/accelerator-error.ts';
import { runtimeReason } from '../../../shared/inference/accelerator/runtime-reason.ts';
import { Lane } from '../../../shared/inference/lane.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { Budget, planBatches } from '../budget.ts';
import { measurePipeline } from './full-pipeline.ts';
import { type Finding, type MeasureRequest, outOfTime, type RateFinding } from './messages.ts';
import { batchOf, measureRate, predictionsOf, warmUp } from './network-rate.ts';

/** Shares of the time after opening: for parity, and kept for the full pipeline. */
const parityShare = 0.3;
const pipelineShare = 0.3;
/** A parity run should not take longer: a slow device then scores one photo at a time. */
const parityRunMs = 2000;
const parityBatch = 8;
/** Share of the fastest rate. */
const nearlyFastest = 0.95;

type Send = (finding: Finding) => void;

/** Measures one network on one provider, and sends each finding as soon as it is known. */
export async function measureProvider(request: MeasureRequest, send: Send): Promise<void> {
  try {
    const model = await loadModel(request.model);
    if (request.checkOnly) await checkAvailable(model, request);
    else await measureModel(model, request, send);
    send(request.checkOnly ? { kind: 'available' } : { kind: 'done', peakMemory: peakMemory() });
  } catch (error) {
    if (error instanceof AcceleratorError) send({ kind: 'failed', fault: error.fault, reason: error.reason });
    else send({ kind: 'failed', reason: runtimeReason(error) });
  }
}

/** @throws the runtime's error if it cannot load the network with the provider */
async function checkAvailable(model: Model, { provider }: MeasureRequest): Promise<void> {
  const lane = new Lane(model);
  try {
    await lane.load(provider);
  } finally {
    await lane.close();
  }
}

async function measureModel(model: Model, request: MeasureRequest, send: Send): Promise<void> {
  const budget = new Budget(request.deadline);
  const session = await open(model, request, send);
  try {
    const msPerImage = (1000 * session.parallel) / (session.report.imagesPerSecond ?? Number.NaN);
    await measureParity(session, model, request, { msPerImage, budget, send });
    const rates = await measureBatches(session, model, request, { msPerImage, budget, send });
    const best = smallestFast(rates);
    if (best !== undefined) await measurePipeline(session, model, request, { best, budget, send });
  } finally {
    await session.close();
  }
}

/** The smallest batch that is nearly as fast as the fastest: larger ones only take more memory and wait longer to fill. */
function smallestFast(rates: readonly RateFinding[]): RateFinding | undefined {
  const fastest = Math.max(...rates.map(({ imagesPerSecond }) => imagesPerSecond));
  return rates.find(({ imagesPerSecond }) => imagesPerSecond >= nearlyFastest * fastest);
}

/** Opens the session as the worker does, but without a floor for its speed. TensorRT is opened twice, see `reopened`. */
async function open(model: Model, { provider, threads }: MeasureRequest, send: Send): Promise<Session> {
  await using engines = await temporaryFolder();
  if (provider === 'tensorrt') {
    process.env['ORT_TENSORRT_ENGINE_CACHE_ENABLE'] = '1';
    process.env['ORT_TENSORRT_CACHE_PATH'] = engines.path;
  }
  const opening = () =>
    openSession(model, { accelerator: provider, threads, minImagesPerSecond: 0, measureSpeed: true });
  const started = performance.now();
  const session = await opening();
  const { parallel, report } = session;
  const { shares, referenceCheck, imagesPerSecond } = report;
  const ms = performance.now() - started;
  const check = referenceCheck && { difference: referenceCheck.difference, tolerance: referenceCheck.tolerance };
  send({ kind: 'opened', ms, parallel, imagesPerSecond, shares: [...shares], ...check });
  if (provider === 'tensorrt') {
    const cachedFiles = (await readdir(engines.path)).length;
    await session.close();
    const again = performance.now();
    const reopened = await opening();
    send({ kind: 'reopened', ms: performance.now() - again, cachedFiles });
    return reopened;
  }
  return session;
}

interface Limits {
  readonly msPerImage: number;
  readonly budget: Budget;
  readonly send: Send;
}

/** Compares the scores of the photos with the reference, of as many as fit the time. */
async function measureParity(
  session: Session,
  model: Model,
  { crops, reference }: MeasureRequest,
  { msPerImage, budget, send }: Limits,
): Promise<void> {
  if (msPerImage > budget.leftMs) {
    const reason = `a photo takes ${Math.round(msPerImage / 1000)} s; give more --minutes`;
    return send({ kind: 'skipped', what: 'comparison with the CPU', fault: outOfTime, reason });
  }
  const size = msPerImage * parityBatch > parityRunMs ? 1 : parityBatch;
  const end = performance.now() + budget.leftMs * parityShare;
  const starts = Array.from({ length: Math.ceil(crops.length / size) }, (_, batch) => batch * size);
  const scored = await pMap(
    starts,
    async (start): Promise<Prediction[]> => {
      // The first photo is always compared.
      if (start > 0 && performance.now() + size * msPerImage > end) return [];
      const batch = crops.slice(start, start + size);
      return predictionsOf(await session.run(batchOf(batch.length, batch, model)()), batch.length);
    },
    { concurrency: session.parallel },
  );
  // The time ends for all later batches, so that the first photos are those that were scored.
  const after = scored.flat();
  const agreement = comparePredictions(reference.slice(0, after.length), after);
  send({ kind: 'parity', ...agreement });
}

/** Measures the rate of every batch size that fits the time. */
async function measureBatches(
  session: Session,
  model: Model,
  { batches, measureMs, crops, reference }: MeasureRequest,
  { msPerImage, budget, send }: Limits,
): Promise<RateFinding[]> {
  const leftMs = budget.leftMs * (1 - pipelineShare);
  const plan = planBatches(batches, { msPerImage, parallel: session.parallel, measureMs, leftMs });
  for (const { batch, reason } of plan.skipped) {
    send({ kind: 'skipped', what: `batch ${batch}`, fault: outOfTime, reason });
  }
  // The largest first: TensorRT builds an engine for a range of sizes.
  const warm = new Map<number, number>();
  for (const batch of plan.sizes.toReversed()) {
    try {
      warm.set(batch, await warmUp(session, batchOf(batch, crops, model), reference));
    } catch (error) {
      if (error instanceof SessionLost) throw error;
      send({ kind: 'skipped', what: `batch ${batch}`, reason: runtimeReason(error) });
    }
  }
  const rates: RateFinding[] = [];
  for (const [batch, difference] of [...warm].toReversed()) {
    const start = Date.now();
    const rate = await measureRate(session, batchOf(batch, crops, model), measureMs);
    const finding: RateFinding = { kind: 'rate', batch, ...rate, difference, start, end: Date.now() };
    send(finding);
    rates.push(finding);
  }
  return rates;
}

/** Of this process, bytes. */
function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}
