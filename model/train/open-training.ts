import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { decodeModel } from '../onnx/model-file.ts';
import { loadCheckpoint, type TrainingPosition } from './checkpoint.ts';
import type { LabeledPixels } from './data/pixel-store.ts';
import { type Recipe, settingsOf } from './recipe.ts';
import type { BatchSource } from './samples/take-batch.ts';
import { buildGradientGraph } from './step/build-gradient-graph.ts';
import { buildTrainingStep } from './step/build-training-step.ts';
import type { VectorName } from './step/build-update-graph.ts';
import { makeTrainable } from './step/make-trainable.ts';
import { gatherWeights, type Layout, layoutOf } from './step/parameters.ts';
import { openParallelRunner } from './workers/open-parallel-runner.ts';
import { openSingleRunner } from './workers/open-single-runner.ts';
import type { StepRunner, TrainingVectors } from './workers/step-runner.ts';

/** A training that is ready to go on from where it stands. */
export interface OpenTraining {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly steps: StepRunner;
  readonly source: BatchSource;
  readonly position: TrainingPosition;
}

export interface OpenOptions {
  readonly model: Model;
  readonly data: LabeledPixels;
  readonly recipe: Recipe;
  /** Folder of the checkpoint, and whether one that is there is gone on with. */
  readonly checkpoint: string;
  readonly resume: boolean;
}

/** @throws {UserError} when the network cannot be trained, or the checkpoint is of another training */
export async function openTraining({ model, data, recipe, checkpoint, resume }: OpenOptions): Promise<OpenTraining> {
  const graph = graphOf(decodeModel(model.network));
  const layout = layoutOf(graph, recipe.from);
  const { seed, augmentation, weightDecay, auxiliaryWeight, momentum, asynchronous } = recipe;
  const network = makeTrainable(graph, model.manifest.outputs.probabilities, layout, recipe);
  const { height, width, channels } = data.images;
  // Small data make small batches and few workers, so that every epoch has one update at least.
  const images = Math.min(recipe.batch, data.images.count);
  const workers = Math.min(recipe.workers, images);
  const batch = Math.floor(images / workers);
  const { crop } = model.manifest.preprocess;
  const sampling = { batch, picture: { height, width, channels }, sample: { height: crop.height, width: crop.width } };
  const dropouts = network.classifiers.flatMap(({ dropout }) => dropout ?? []);
  const source: BatchSource = { data, sampling, augmentation, dropouts, seed };
  const stored = resume ? await loadCheckpoint(checkpoint) : undefined;
  if (resume && stored === undefined) throw new UserError(`there is no checkpoint in ${checkpoint} to go on with`);
  const settings = { ...settingsOf(recipe), model: model.id, images: data.images.count, labels: digestOf(model, data) };
  if (stored !== undefined) checkSame(stored.position.recipe, settings, checkpoint);
  const start = stored?.vectors ?? startOf(graph, layout);
  const gradientOptions = { sampling, layout, weightDecay, auxiliaryWeight };
  const steps =
    workers === 1
      ? await openSingleRunner(
          await buildTrainingStep(network, { ...gradientOptions, momentum }),
          { layout, sampling, threads: availableParallelism() },
          start,
        )
      : await openParallelRunner(
          await buildGradientGraph(network, gradientOptions),
          { layout, sampling, momentum, workers, asynchronous },
          start,
        );
  const begun = { updates: 0, loss: 0, correct: 0, samples: 0, seconds: 0 };
  const position = stored?.position ?? { recipe: settings, epochs: 0, updates: 0, begun, history: [] };
  return { graph, layout, steps, source, position };
}

/** Of the labels and of which image has which: other images in the same order with the same labels are not told. */
function digestOf({ manifest }: Model, { classes }: LabeledPixels): string {
  const names = JSON.stringify(manifest.labels.map(({ id }) => id));
  return createHash('sha256').update(names).update(classes).digest('hex').slice(0, 12);
}

function startOf(graph: Graph, { weights, statistics }: Layout): TrainingVectors {
  const own = gatherWeights(graph, weights);
  const start = new Map<VectorName, Float32Array<ArrayBuffer>>([
    ['weights', own],
    ['velocity', new Float32Array(own.length)],
    ['average', Float32Array.from(own)],
  ]);
  if (statistics.length > 0) start.set('statistics', gatherWeights(graph, statistics));
  return start;
}

function checkSame(stored: TrainingPosition['recipe'], own: TrainingPosition['recipe'], folder: string): void {
  const other = Object.keys(own).find((name) => stored[name] !== own[name]);
  if (other === undefined) return;
  throw new UserError(
    `the checkpoint in ${folder} is of another training: expected ${other} to be ${stored[other]}, got ${own[other]}`,
  );
}
