import type { Tensor } from 'onnxruntime-node';
import { type Graph, modelOf } from '../../graph/graph.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import type { Batch } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientOutputs } from '../step/build-gradient-graph.ts';
import { buildUpdateGraph, namesPerBatch, ratesOf } from '../step/build-update-graph.ts';
import { type Layout, lengthOf } from '../step/parameters.ts';
import { GradientWorker, sharedFloats } from './gradient-worker.ts';
import { DoubleBuffer, openGraph, vector } from './runtime.ts';
import type { EpochRun, Rates, StepMetrics, StepRunner, TrainingVectors } from './step-runner.ts';

export interface ParallelOptions {
  readonly layout: Layout;
  readonly sampling: Sampling;
  readonly momentum: number;
  readonly workers: number;
  /**
   * Whether each worker's gradient is taken as soon as it comes, at weights that others have changed since it began
   * (Dean et al. 2012, Downpour SGD), or the mean of all workers' gradients at the same weights.
   */
  readonly asynchronous: boolean;
}

/**
 * StepRunner of several worker threads, each computing gradients on one core, at weights that they share. One thread on one core
 * wastes nothing on waiting for others within each operator, as several threads of one session do.
 * @param gradients see `buildGradientGraph`
 */
export async function openParallelRunner(
  gradients: Graph,
  options: ParallelOptions,
  start: TrainingVectors,
): Promise<StepRunner> {
  const { layout, sampling, momentum, asynchronous } = options;
  const lengths = { weights: lengthOf(layout.weights), statistics: lengthOf(layout.statistics) };
  const shared = sharedFloats(lengths.weights);
  const network = encodeModel(modelOf(gradients));
  const atOnce = asynchronous ? 1 : options.workers;
  const update = await openGraph(buildUpdateGraph(layout, { momentum, batches: atOnce }), 1);
  const workers = Array.from({ length: options.workers }, () => new GradientWorker(lengths));
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await update.release();
  };
  try {
    await Promise.all(workers.map((worker) => worker.open(network, sampling, shared.buffer)));
  } catch (error) {
    // Their threads would keep the process from ending.
    await close();
    throw error;
  }
  const vectors = new DoubleBuffer(start);
  const names = ratesOf(layout);
  const share = () => shared.set(vectors.current.get('weights') ?? []);
  share();

  const apply = async (found: readonly GradientWorker[], rates: Rates) => {
    const feeds: Record<string, Tensor> = vectors.feeds(names, rates);
    for (const [index, name] of namesPerBatch(gradientOutputs.gradient, atOnce).entries()) {
      feeds[name] = vector(Float32Array.from(found[index]?.gradient ?? []));
    }
    if (lengths.statistics > 0) {
      for (const [index, name] of namesPerBatch(gradientOutputs.batchStatistics, atOnce).entries()) {
        feeds[name] = vector(Float32Array.from(found[index]?.statistics ?? []));
      }
    }
    await update.run(feeds, vectors.fetches());
    vectors.swap();
    share();
  };
  const measuresOf = (replies: readonly { loss: number; correct: number }[], rates: Rates): StepMetrics => ({
    loss: replies.reduce((sum, { loss }) => sum + loss, 0) / replies.length,
    correct: replies.reduce((sum, { correct }) => sum + correct, 0),
    samples: replies.length * sampling.batch,
    learningRate: rates.learning_rate,
  });

  return {
    batchesPerUpdate: atOnce,
    run: (epoch) =>
      asynchronous
        ? runAsynchronously(epoch, workers, apply, measuresOf)
        : runTogether(epoch, workers, apply, measuresOf),
    read: () => vectors.read(),
    close,
  };
}

type Apply = (found: readonly GradientWorker[], rates: Rates) => Promise<void>;
type MeasuresOf = (replies: readonly { loss: number; correct: number }[], rates: Rates) => StepMetrics;

/** All workers at the same weights, then one update by the mean of what they found. */
async function runTogether(
  { batches, updates, ratesAt, onUpdate, stop }: EpochRun,
  workers: readonly GradientWorker[],
  apply: Apply,
  measuresOf: MeasuresOf,
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
        if (batch === undefined) throw new Error('expected a batch for each worker');
        return worker.compute(batch);
      }),
    );
    // The next batches are drawn while the workers compute.
    next = draw();
    const rates = ratesAt(update);
    const replies = await computed;
    await apply(workers, rates);
    update += 1;
    await onUpdate(measuresOf(replies, rates));
  }
}

/** Each worker goes on as soon as its gradient has been taken. */
async function runAsynchronously(
  { batches, updates, ratesAt, onUpdate, stop }: EpochRun,
  workers: readonly GradientWorker[],
  apply: Apply,
  measuresOf: MeasuresOf,
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
      // Updates are made one after another; the worker waits for its own, which takes its gradient from where it lies.
      turn = turn.then(async () => {
        const rates = ratesAt(update);
        await apply([worker], rates);
        update += 1;
        await onUpdate(measuresOf([reply], rates));
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
  // All have ended before the first fault is told: nobody may use what is closed then.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
