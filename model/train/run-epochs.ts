import { UserError } from '../../shared/failures/user-error.ts';
import { emptySums, saveCheckpoint, type TrainingPosition } from './checkpoint.ts';
import type { OpenTraining } from './open-training.ts';
import type { Recipe } from './recipe.ts';
import type { EpochRecord } from './report/epoch-record.ts';
import { epochOrder } from './samples/epoch-order.ts';
import { type Batch, takeBatch } from './samples/take-batch.ts';
import { learningRateAt } from './schedule.ts';
import type { Rates, StepMetrics } from './workers/step-runner.ts';

export interface TrainingProgress {
  /** From 1. */
  readonly epoch: number;
  /** Number of epochs of the training. */
  readonly epochs: number;
  /** Number of processed images, and of all images, in this epoch. */
  readonly images: number;
  readonly imagesOfEpoch: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  readonly learningRate: number;
}

export interface EpochOptions {
  readonly recipe: Recipe;
  readonly checkpoint: string;
  readonly stop: AbortSignal;
  /** Evaluates the averaged weights after an epoch; undefined without held-out images. */
  validate(): Promise<{ loss: number; accuracy: number } | undefined>;
  onUpdate(progress: TrainingProgress): void;
  onEpoch(record: EpochRecord): void;
}

/** Interval of checkpoints within an epoch: the work that a crash can lose. */
const saveEveryMs = 300_000;
/** Minimum rate of the moving average of batch statistics when weights are not averaged. */
const statisticsRate = 0.01;

/**
 * Runs the remaining epochs, with a checkpoint after each and when stopped.
 * @returns the position at the end
 * @throws {UserError} when the loss is NaN or infinite; the earlier checkpoint is kept
 */
export async function runEpochs(training: OpenTraining, options: EpochOptions): Promise<TrainingPosition> {
  const { epochs } = options.recipe.schedule;
  let { position } = training;
  while (position.epochs < epochs && !options.stop.aborted) {
    position = await runEpoch(training, position, options);
    await saveCheckpoint(options.checkpoint, position, training.runner.read());
  }
  return position;
}

async function runEpoch(
  { runner, source }: OpenTraining,
  start: TrainingPosition,
  options: EpochOptions,
): Promise<TrainingPosition> {
  const { recipe, stop, checkpoint } = options;
  const { batch } = source.sampling;
  const perUpdate = runner.batchesPerUpdate;
  const updatesOfEpoch = Math.floor(source.data.images.count / batch / perUpdate);
  const begunAt = performance.now();
  let { updates, begun } = start;
  let saved = Date.now();
  const ratesAt = (update: number): Rates => {
    const average = recipe.averaging === 0 ? 1 : Math.max(1 - recipe.averaging, 1 / (update + 1));
    return {
      learning_rate: learningRateAt(recipe.schedule, (update + 1) / updatesOfEpoch),
      average_rate: average,
      statistics_rate: recipe.averaging === 0 ? Math.max(statisticsRate, 1 / (update + 1)) : average,
    };
  };
  const secondsSoFar = () => start.begun.seconds + (performance.now() - begunAt) / 1000;
  const onUpdate = async (metrics: StepMetrics) => {
    checkFinite(metrics.loss, updates + 1, recipe, checkpoint);
    updates += 1;
    begun = addMetrics(begun, metrics);
    options.onUpdate({
      epoch: start.epochs + 1,
      epochs: recipe.schedule.epochs,
      images: begun.samples,
      imagesOfEpoch: updatesOfEpoch * perUpdate * batch,
      loss: begun.loss / begun.samples,
      learningRate: metrics.learningRate,
    });
    if (Date.now() - saved < saveEveryMs) return;
    saved = Date.now();
    const position = { ...start, updates, begun: { ...begun, seconds: secondsSoFar() } };
    await saveCheckpoint(checkpoint, position, runner.read());
  };
  const order = epochOrder(source.data.images.count, start.epochs, recipe.seed);
  const first = begun.updates * perUpdate;
  const batches = drawBatches(order, { first, end: updatesOfEpoch * perUpdate, batch }, (indices, index) =>
    takeBatch(source, indices, start.epochs * updatesOfEpoch * perUpdate + index),
  );
  await runner.run({ batches, updates, ratesAt, onUpdate, stop });
  begun = { ...begun, seconds: secondsSoFar() };
  if (begun.updates < updatesOfEpoch) return { ...start, updates, begun };
  const validation = await options.validate();
  if (validation !== undefined) checkFinite(validation.loss, updates, recipe, checkpoint);
  const record: EpochRecord = {
    epoch: start.epochs + 1,
    updates,
    learningRate: ratesAt(updates - 1).learning_rate,
    loss: begun.loss / begun.samples,
    accuracy: begun.correct / begun.samples,
    ...(validation && { validationLoss: validation.loss, validationAccuracy: validation.accuracy }),
    seconds: begun.seconds,
    imagesPerSecond: begun.samples / begun.seconds,
  };
  options.onEpoch(record);
  return { ...start, epochs: start.epochs + 1, updates, begun: emptySums, history: [...start.history, record] };
}

function* drawBatches(
  order: readonly number[],
  { first, end, batch }: { first: number; end: number; batch: number },
  take: (indices: readonly number[], index: number) => Batch,
): Generator<Batch> {
  for (let index = first; index < end; index += 1) yield take(order.slice(index * batch, (index + 1) * batch), index);
}

function addMetrics(
  begun: TrainingPosition['begun'],
  { loss, correct, samples }: StepMetrics,
): TrainingPosition['begun'] {
  return {
    ...begun,
    updates: begun.updates + 1,
    loss: begun.loss + loss * samples,
    correct: begun.correct + correct,
    samples: begun.samples + samples,
  };
}

function checkFinite(loss: number, update: number, { schedule }: Recipe, checkpoint: string): void {
  if (Number.isFinite(loss)) return;
  throw new UserError(
    `the loss is ${loss} after update ${update}: try a learning rate below ${schedule.rate.toPrecision(2)}; the last ` +
      `checkpoint in ${checkpoint} is kept`,
  );
}
