import { availableParallelism } from 'node:os';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Provider } from '../../../shared/inference/accelerator/provider.ts';
import { modelOf } from '../../graph/graph.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import type { StepWithFeeds } from '../accelerator/check-step.ts';
import { openAccelerated, type TrainingAccelerator } from '../accelerator/open-accelerated.ts';
import { divideBatch } from '../plan/divide-batch.ts';
import type { Recipe } from '../recipe.ts';
import { type BatchSource, feedsOf, takeBatch } from '../samples/take-batch.ts';
import { buildGradientGraph } from '../step/build-gradient-graph.ts';
import { buildTrainingStep } from '../step/build-training-step.ts';
import { ratesOf } from '../step/build-update-graph.ts';
import type { TrainableNetwork } from '../step/make-trainable.ts';
import { type Layout, lengthOf } from '../step/parameters.ts';
import { openParallelRunner } from './open-parallel-runner.ts';
import { DoubleBuffer, openGraph } from './runtime.ts';
import { singleRunner } from './single-runner.ts';
import type { StepRunner, TrainingVectors } from './step-runner.ts';

export interface RunnerSetup {
  readonly network: TrainableNetwork;
  readonly layout: Layout;
  readonly recipe: Recipe;
  /** The images, and how samples are cut from a batch of any size. */
  readonly source: Omit<BatchSource, 'sampling'> & { readonly sampling: Omit<BatchSource['sampling'], 'batch'> };
  readonly start: TrainingVectors;
}

export interface OpenRunner {
  readonly provider: Provider;
  readonly runner: StepRunner;
  readonly source: BatchSource;
}

/**
 * Opens what runs the steps: an accelerator, one session on all cores, or a worker per core.
 * @param onFinding see `openAccelerated`
 * @throws {AcceleratorError} as `openAccelerated` does
 */
export async function openRunner(
  setup: RunnerSetup,
  accelerator: TrainingAccelerator,
  onFinding: (text: string) => void,
): Promise<OpenRunner> {
  if (accelerator !== 'cpu') {
    if (setup.recipe.asynchronous) {
      throw new UserError('asynchronous gradients come from workers on the CPU: omit --asynchronous or --accelerator');
    }
    const accelerated = await openOn(setup, accelerator, onFinding);
    if (accelerated !== undefined) return accelerated;
  }
  const { network, layout, recipe, start } = setup;
  const { workers, imagesPerWorker } = divideBatch(recipe, setup.source.data.images.count);
  const source = withBatch(setup, imagesPerWorker);
  const { sampling } = source;
  const options = { ...recipe, sampling, layout };
  if (workers > 1) {
    const gradients = await buildGradientGraph(network, options);
    return { provider: 'cpu', runner: await openParallelRunner(gradients, { ...options, workers }, start), source };
  }
  const session = await openGraph(await buildTrainingStep(network, options, recipe.rule), availableParallelism());
  return { provider: 'cpu', runner: singleRunner(session, { layout, sampling }, start), source };
}

async function openOn(
  setup: RunnerSetup,
  accelerator: Exclude<TrainingAccelerator, 'cpu'>,
  onFinding: (text: string) => void,
): Promise<OpenRunner | undefined> {
  const { layout, start } = setup;
  const { step, source } = await buildAcceleratedStep(setup);
  const checked = await openAccelerated(accelerator, step, availableParallelism(), onFinding);
  return (
    checked && {
      provider: checked.provider,
      runner: singleRunner(checked.session, { layout, sampling: source.sampling }, start),
      source,
    }
  );
}

/**
 * The training step as one graph for an accelerator, with the first images. Its batch has the images of one update on the CPU,
 * so that a training can continue on either.
 */
export async function buildAcceleratedStep(
  setup: RunnerSetup,
): Promise<{ readonly step: StepWithFeeds; readonly source: BatchSource }> {
  const { network, layout, recipe, start } = setup;
  const { imagesPerUpdate } = divideBatch(recipe, setup.source.data.images.count);
  const source = withBatch(setup, imagesPerUpdate);
  const { sampling } = source;
  const graph = await buildTrainingStep(network, { ...recipe, sampling, layout, portable: true }, recipe.rule);
  const indices = Array.from({ length: sampling.batch }, (_, index) => index);
  const rates = { learning_rate: 0, average_rate: 0, statistics_rate: 0 };
  const feeds = {
    ...feedsOf(takeBatch(source, indices, 0), sampling),
    // Without the velocity of earlier updates, the update is the gradient.
    ...new DoubleBuffer(new Map(start).set('velocity', new Float32Array(lengthOf(layout.weights)))).feeds(
      ratesOf(layout),
      rates,
    ),
  };
  return { step: { network: encodeModel(modelOf(graph)), feeds }, source };
}

function withBatch({ source }: RunnerSetup, batch: number): BatchSource {
  return { ...source, sampling: { ...source.sampling, batch } };
}
