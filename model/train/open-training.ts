import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Provider } from '../../shared/inference/accelerator/provider.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { decodeModel } from '../onnx/model-file.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import type { TrainingAccelerator } from './accelerator/open-accelerated.ts';
import { emptySums, requireCheckpoint, type TrainingPosition } from './checkpoint.ts';
import type { LabeledPixels } from './data/pixel-store.ts';
import type { Recipe } from './recipe.ts';
import { type Settings, settingsOf } from './recipe-settings.ts';
import { checkShift } from './samples/augmentation.ts';
import type { BatchSource } from './samples/take-batch.ts';
import type { VectorName } from './step/build-update-graph.ts';
import { makeTrainable } from './step/make-trainable.ts';
import { optimizeFrozen } from './step/optimize-frozen.ts';
import { gatherWeights, type Layout, layoutOf } from './step/parameters.ts';
import type { UpdateRule } from './step/update-rule.ts';
import { openRunner } from './workers/open-runner.ts';
import type { StepRunner, TrainingVectors } from './workers/step-runner.ts';

/** A new or resumed training that is ready to run. */
export interface OpenTraining {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly provider: Provider;
  readonly runner: StepRunner;
  readonly source: BatchSource;
  readonly position: TrainingPosition;
}

export interface OpenOptions {
  readonly model: Model;
  readonly data: LabeledPixels;
  readonly recipe: Recipe;
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  readonly resume: boolean;
  /** @default cpu */
  readonly accelerator?: TrainingAccelerator;
  /** See `openAccelerated`. */
  readonly onFinding?: (text: string) => void;
}

/** @throws {UserError} when the network cannot be trained, or the checkpoint is missing or belongs to another training */
export async function openTraining(options: OpenOptions): Promise<OpenTraining> {
  const { model, data, recipe, checkpoint, resume, accelerator = 'cpu', onFinding = () => {} } = options;
  // An optimized network computes LRN with operators that have no derivative.
  const { graph } = restoreLrn(graphOf(decodeModel(model.network)));
  const layout = layoutOf(graph, recipe.from);
  const { seed, augmentation, rule } = recipe;
  // The part before the first trained layer stays the same, so its operators need no derivative.
  const trainable =
    recipe.from === undefined
      ? graph
      : optimizeFrozen(
          graph,
          layout.weights.map(({ name }) => name),
        );
  const network = makeTrainable(trainable, model.manifest.outputs.probabilities, layout, recipe);
  const { height, width, channels } = data.images;
  checkShift(augmentation, data.images);
  const { crop } = model.manifest.preprocess;
  const sampling = { image: { height, width, channels }, sample: { height: crop.height, width: crop.width } };
  const dropouts = network.classifiers.flatMap(({ dropout }) => dropout ?? []);
  const samples = { data, sampling, augmentation, dropouts, seed };
  const saved = resume ? await requireCheckpoint(checkpoint) : undefined;
  const settings = { ...settingsOf(recipe), model: model.id, images: data.images.count, labels: digestOf(model, data) };
  if (saved !== undefined) checkSame(saved.position.recipe, settings, checkpoint);
  const start = saved?.vectors ?? startOf(graph, layout, rule);
  const setup = { network, layout, recipe, source: samples, start };
  const { provider, runner, source } = await openRunner(setup, accelerator, onFinding);
  const position = saved?.position ?? { recipe: settings, epochs: 0, updates: 0, begun: emptySums, history: [] };
  return { graph, layout, provider, runner, source, position };
}

/** Digest of the labels and the classes of the images in order. It does not cover the pixels. */
function digestOf({ manifest }: Model, { classes }: LabeledPixels): string {
  const names = JSON.stringify(manifest.labels.map(({ id }) => id));
  return createHash('sha256').update(names).update(classes).digest('hex').slice(0, 12);
}

function startOf(graph: Graph, { weights, statistics }: Layout, { rmsProp }: UpdateRule): TrainingVectors {
  const initial = gatherWeights(graph, weights);
  const start = new Map<VectorName, Float32Array<ArrayBuffer>>([
    ['weights', initial],
    ['velocity', new Float32Array(initial.length)],
    ['average', Float32Array.from(initial)],
  ]);
  if (statistics.length > 0) start.set('statistics', gatherWeights(graph, statistics));
  if (rmsProp !== undefined) start.set('squares', new Float32Array(initial.length));
  return start;
}

function checkSame(stored: Settings, current: Settings, folder: string): void {
  const different = Object.keys(current).find((name) => stored[name] !== current[name]);
  if (different === undefined) return;
  const advice = {
    model: 'give the same model',
    images: 'give the same --data and --hold-out',
    labels: 'give the same --data',
  };
  throw new UserError(
    `the checkpoint in ${folder} belongs to another training (${different}: ${stored[different]}, now ${current[different]}): ` +
      (Object.entries(advice).find(([name]) => name === different)?.[1] ?? `give the same --${different}`),
  );
}
