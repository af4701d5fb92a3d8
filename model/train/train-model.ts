import type { Model } from '../../shared/models/model-directory.ts';
import type { Graph } from '../graph/graph.ts';
import { countParameters } from '../inspect/count-parameters.ts';
import type { TrainingData } from './data/training-data.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { type OpenTraining, openTraining } from './open-training.ts';
import type { Recipe } from './recipe.ts';
import type { EpochRecord } from './report/epoch-record.ts';
import { runEpochs, type TrainingProgress } from './run-epochs.ts';
import { withOutputs } from './step/make-trainable.ts';
import { lengthOf, withWeights } from './step/parameters.ts';

export interface TrainOptions {
  readonly model: Model;
  readonly data: TrainingData;
  readonly recipe: Recipe;
  /** Folder of the checkpoint, and whether one that is there is gone on with; otherwise it is replaced. */
  readonly checkpoint: string;
  readonly resume: boolean;
  /** Ends the training after the update that is under way, with a checkpoint. */
  readonly stop: AbortSignal;
  onUpdate(progress: TrainingProgress): void;
  onEpoch(record: EpochRecord): void;
}

export interface Trained {
  /** The network with the averaged weights, without auxiliary classifiers. */
  readonly network: Graph;
  /** How many numbers the network has while it is trained, and how many of them were. */
  readonly parameters: number;
  readonly trained: number;
  /** False where it was stopped before its last epoch; then the checkpoint has what is needed to go on. */
  readonly finished: boolean;
  readonly history: readonly EpochRecord[];
  readonly updates: number;
  /** Of the images that were kept for this; undefined where there are none, or it was stopped. */
  readonly test: Evaluation | undefined;
}

/**
 * Trains a network on labeled images.
 * @throws {UserError} when the network cannot be trained, a checkpoint does not fit, or the loss is no number any more; a
 *   checkpoint from before stays then
 */
export async function trainModel(options: TrainOptions): Promise<Trained> {
  const { model, data, recipe, checkpoint, stop, onUpdate, onEpoch } = options;
  const training = await openTraining({ ...options, data: data.train });
  const measure = (images: TrainingData['validation']) => evaluate(networkOf(training, model), model.manifest, images);
  const validate = async () => (data.validation.images.count === 0 ? undefined : measure(data.validation));
  try {
    const { epochs, updates, history } = await runEpochs(training, {
      recipe,
      checkpoint,
      stop,
      validate,
      onUpdate,
      onEpoch,
    });
    const finished = epochs === recipe.schedule.epochs;
    const test = finished && data.test !== undefined ? await measure(data.test) : undefined;
    const trained = lengthOf(training.layout.weights);
    const parameters = countParameters(training.graph);
    return { network: networkOf(training, model), parameters, trained, finished, history, updates, test };
  } finally {
    await training.steps.close();
  }
}

function networkOf({ graph, layout, steps }: OpenTraining, { manifest }: Model): Graph {
  const vectors = steps.read();
  const averaged = withWeights(graph, layout.weights, vectors.get('average') ?? new Float32Array());
  const measured = withWeights(averaged, layout.statistics, vectors.get('statistics') ?? new Float32Array());
  return withOutputs(measured, [manifest.outputs.probabilities, manifest.outputs.embedding]);
}
