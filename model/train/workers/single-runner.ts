import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { feedsOf } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientOutputs } from '../step/build-gradient-graph.ts';
import { ratesOf } from '../step/build-update-graph.ts';
import type { Layout } from '../step/parameters.ts';
import { DoubleBuffer } from './runtime.ts';
import type { StepRunner, TrainingVectors } from './step-runner.ts';

/**
 * Runs each step as one graph, on all threads or an accelerator.
 * @param session of a graph of `buildTrainingStep`, which the runner owns
 */
export function singleRunner(
  session: InferenceSession,
  { layout, sampling }: { layout: Layout; sampling: Sampling },
  start: TrainingVectors,
): StepRunner {
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
