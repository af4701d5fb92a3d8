import { Tensor } from 'onnxruntime-node';
import type { Graph } from '../../graph/graph.ts';
import { feedsOf } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientOutputs } from '../step/build-gradient-graph.ts';
import { ratesOf } from '../step/build-update-graph.ts';
import type { Layout } from '../step/parameters.ts';
import { DoubleBuffer, openGraph } from './runtime.ts';
import type { StepRunner, TrainingVectors } from './step-runner.ts';

/**
 * Runs each step as one graph, on all threads.
 * @param step see `buildTrainingStep`
 */
export async function openSingleRunner(
  step: Graph,
  { layout, sampling, threads }: { layout: Layout; sampling: Sampling; threads: number },
  start: TrainingVectors,
): Promise<StepRunner> {
  const session = await openGraph(step, threads);
  const vectors = new DoubleBuffer(start);
  const names = ratesOf(layout);
  const [loss, correct] = [Float32Array.of(0), Float32Array.of(0)];
  return {
    batchesPerUpdate: 1,
    async run({ batches, updates, ratesAt, onUpdate, stop }) {
      let update = updates;
      for (const batch of batches) {
        if (stop.aborted) return;
        const rates = ratesAt(update);
        const metrics = {
          [gradientOutputs.loss]: new Tensor('float32', loss, []),
          [gradientOutputs.correct]: new Tensor('float32', correct, []),
        };
        const feeds = { ...feedsOf(batch, sampling), ...vectors.feeds(names, rates) };
        await session.run(feeds, { ...metrics, ...vectors.fetches() });
        vectors.swap();
        update += 1;
        const { learning_rate: learningRate } = rates;
        await onUpdate({ loss: loss[0] ?? 0, correct: correct[0] ?? 0, samples: sampling.batch, learningRate });
      }
    },
    read: () => vectors.read(),
    close: () => session.release(),
  };
}
