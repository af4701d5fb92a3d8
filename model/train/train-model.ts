import type { Provider } from '../../shared/inference/accelerator/provider.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { Graph } from '../graph/graph.ts';
import { countParameters } from '../inspect/count-parameters.ts';
import type { TrainingData } from './data/training-data.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { type OpenOptions, type OpenTraining, openTraining } from './open-training.ts';
import type { Recipe } from './recipe.ts';
import type { EpochRecord } from './report/epoch-record.ts';
import { runEpochs, type TrainingProgress } from './run-epochs.ts';
import { withOutputs } from './step/make-trainable.ts';
import { lengthOf, withWeights } from './step/parameters.ts';

export interface TrainOptions extends Pick<OpenOptions, 'accelerator' | 'onFinding'> {
  readonly model: Model;
  readonly data: TrainingData;
  readonly recipe: Recipe;
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** Continue from the checkpoint; otherwise it is replaced. */
  readonly resume: boolean;
  /** Stops after the current update, and writes a checkpoint. */
  readonly stop: AbortSignal;
  onUpdate(progress: TrainingProgress): void;
  onEpoch(record: EpochRecord): void;
}

export interface Trained {
  /** The network with the averaged weights, without auxiliary classifiers. */
  readonly network: Graph;
  /** What computed the updates; images are evaluated on the CPU. */
  readonly provider: Provider;
  /** Number of parameters including auxiliary classifiers, and number of trained parameters. */
  readonly parameters: number;
  readonly trained: number;
  /** False if stopped before the last epoch; the training can then be resumed from the checkpoint. */
  readonly finished: boolean;
  readonly history: readonly EpochRecord[];
  readonly updates: number;
  /** Result on the test set; undefined without a test set, or if stopped. */
  readonly test: Evaluation | undefined;
}

/**
 * Trains a network on labeled images.
 * @throws {UserError} when the network cannot be trained, the checkpoint belongs to another training, or the loss is NaN or
 *   infinite; an earlier checkpoint is kept
 */
export async function trainModel(options: TrainOptions): Promise<Trained> {
  const { model, data, recipe, checkpoint, stop, onUpdate, onEpoch } = options;
  const training = await openTraining({ ...options, data: data.train });
  const test = (images: TrainingData['validation']) => evaluate(networkOf(training, model), model.manifest, images);
  const validate = async () => (data.validation.images.count === 0 ? undefined : test(data.validation));
  try {
    const epochOptions = { recipe, checkpoint, stop, validate, onUpdate, onEpoch };
    const { epochs, updates, history } = await runEpochs(training, epochOptions);
    const finished = epochs === recipe.schedule.epochs;
    return {
      network: networkOf(training, model),
      provider: training.provider,
      parameters: countParameters(training.graph),
      trained: lengthOf(training.layout.weights),
      finished,
      history,
      updates,
      test: finished && data.test !== undefined ? await test(data.test) : undefined,
    };
  } finally {
    await training.runner.close();
  }
}

function networkOf({ graph, layout, runner }: OpenTraining, { manifest }: Model): Graph {
  const vectors = runner.read();
  const averaged = withWeights(graph, layout.weights, vectors.get('average') ?? new Float32Array());
  const complete = withWeights(averaged, layout.statistics, vectors.get('statistics') ?? new Float32Array());
  return withOutputs(complete, [manifest.outputs.probabilities, manifest.outputs.embedding]);
}
