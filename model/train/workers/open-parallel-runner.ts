import type { Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../../graph/graph.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import type { Batch } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientOutputs } from '../step/build-gradient-graph.ts';
import { buildUpdateGraph, namesPerBatch, ratesOf } from '../step/build-update-graph.ts';
import { type Layout, lengthOf } from '../step/parameters.ts';
import type { UpdateRule } from '../step/update-rule.ts';
import { GradientWorker, sharedFloats } from './gradient-worker.ts';
import { DoubleBuffer, openGraph, vector } from './runtime.ts';
import type { EpochRun, Rates, StepMetrics, StepRunner, TrainingVectors } from './step-runner.ts';

export interface ParallelOptions {
  readonly layout: Layout;
  readonly sampling: Sampling;
  readonly rule: UpdateRule;
  readonly workers: number;
  /**
   * True: each gradient is applied at once, although other workers have changed the weights since it was started (Dean et
   * al. 2012, Downpour SGD). False: each update applies the mean gradient of all workers at the same weights.
   */
  readonly asynchronous: boolean;
}

/**
 * Computes gradients in several worker threads on shared weights, each on one core. That is faster than one session with
 * several threads, which wait for each other within each operator.
 * @param gradients see `buildGradientGraph`
 */
export async function openParallelRunner(
  gradients: Graph,
  options: ParallelOptions,
  start: TrainingVectors,
): Promise<StepRunner> {
  const { layout, sampling, rule, asynchronous } = options;
  const lengths = { weights: lengthOf(layout.weights), statistics: lengthOf(layout.statistics) };
  const shared = sharedFloats(lengths.weights);
  const network = encodeModel(modelOf(gradients));
  const batchesPerUpdate = asynchronous ? 1 : options.workers;
  const update = await openGraph(buildUpdateGraph(layout, { ...rule, batches: batchesPerUpdate }), 1);
  const workers = Array.from({ length: options.workers }, () => new GradientWorker(lengths));
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await update.release();
  };
  try {
    await Promise.all(workers.map((worker) => worker.open(network, sampling, shared.buffer)));
  } catch (error) {
    // Open threads would keep the process alive.
    await close();
    throw error;
  }
  const vectors = new DoubleBuffer(start);
  const names = ratesOf(layout);
  const share = () => shared.set(vectors.current.get('weights') ?? []);
  share();

  const apply = async (finished: readonly GradientWorker[], rates: Rates) => {
    const feeds: Record<string, Tensor> = vectors.feeds(names, rates);
    for (const [index, name] of namesPerBatch(gradientOutputs.gradient, batchesPerUpdate).entries()) {
      feeds[name] = vector(Float32Array.from(finished[index]?.gradient ?? []));
    }
    if (lengths.statistics > 0) {
      for (const [index, name] of namesPerBatch(gradientOutputs.batchStatistics, batchesPerUpdate).entries()) {
        feeds[name] = vector(Float32Array.from(finished[index]?.statistics ?? []));
      }
    }
    await update.run(feeds, vectors.fetches());
    vectors.swap();
    share();
  };
  const metricsOf: MetricsOf = (replies, rates) => ({
    loss: replies.reduce((sum, { loss }) => sum + loss, 0) / replies.length,
    correct: replies.reduce((sum, { correct }) => sum + correct, 0),
    samples: replies.length * sampling.batch,
    learningRate: rates.learning_rate,
  });

  return {
    batchesPerUpdate,
    run: (epoch) =>
      asynchronous
        ? runAsynchronously(epoch, workers, apply, metricsOf)
        : runSynchronously(epoch, workers, apply, metricsOf),
    read: () => vectors.read(),
    close,
  };
}

type Apply = (finished: readonly GradientWorker[], rates: Rates) => Promise<void>;
type MetricsOf = (replies: readonly { loss: number; correct: number }[], rates: Rates) => StepMetrics;

/** Each update applies the mean gradient of all workers at the same weights. */
async function runSynchronously(
  { batches, updates, ratesAt, onUpdate, stop }: EpochRun,
  workers: readonly GradientWorker[],
  apply: Apply,
  metricsOf: MetricsOf,
): Promise<void> {
  const source = Iterator.from(batches);
  let update = updates;
  const draw = () => {
    const drawn: Batch[] = [];
    while (drawn.length < workers.length) {
      const { done, value } = source.next();
      if (done === true) break;
      drawn.push(value);
    }
    return drawn;
  };
  let next = draw();
  while (next.length === workers.length && !stop.aborted) {
    const current = next;
    const computed = Promise.all(
      workers.map((worker, index) => {
        const batch = current[index];
        if (batch === undefined) throw new Error('a worker has no batch');
        return worker.compute(batch);
      }),
    );
    // The next batches are drawn while the workers compute.
    next = draw();
    const rates = ratesAt(update);
    const replies = await computed;
    await apply(workers, rates);
    update += 1;
    await onUpdate(metricsOf(replies, rates));
  }
}

/** Each worker continues as soon as its gradient is applied. */
async function runAsynchronously(
  { batches, updates, ratesAt, onUpdate, stop }: EpochRun,
  workers: readonly GradientWorker[],
  apply: Apply,
  metricsOf: MetricsOf,
): Promise<void> {
  const source = Iterator.from(batches);
  let update = updates;
  let turn: Promise<void> = Promise.resolve();
  let failed = false;
  const work = async (worker: GradientWorker) => {
    while (!stop.aborted && !failed) {
      const { done, value } = source.next();
      if (done === true) return;
      const reply = await worker.compute(value);
      // Updates run one after the other; the worker waits for its update, which reads the shared gradient.
      turn = turn.then(async () => {
        const rates = ratesAt(update);
        await apply([worker], rates);
        update += 1;
        await onUpdate(metricsOf([reply], rates));
      });
      await turn;
    }
  };
  const ends = await Promise.allSettled(
    workers.map((worker) =>
      work(worker).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  // Throws only after all workers have ended, because the caller then closes what they use.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
