import { UserError } from '../../shared/failures/user-error.ts';
import { saveCheckpoint, type TrainingPosition } from './checkpoint.ts';
import type { OpenTraining } from './open-training.ts';
import type { Recipe } from './recipe.ts';
import type { EpochRecord } from './report/epoch-record.ts';
import { epochOrder } from './samples/epoch-order.ts';
import { type Batch, takeBatch } from './samples/take-batch.ts';
import { learningRateAt } from './schedule.ts';
import type { Rates, StepMetrics } from './workers/step-runner.ts';

/** How far an epoch is. */
export interface TrainingProgress {
  /** From 1, of so many. */
  readonly epoch: number;
  readonly epochs: number;
  /** Training images that were seen in this epoch, of so many. */
  readonly images: number;
  readonly imagesOfEpoch: number;
  /** Mean of the epoch so far. */
  readonly loss: number;
  readonly learningRate: number;
}

export interface EpochOptions {
  readonly recipe: Recipe;
  readonly checkpoint: string;
  readonly stop: AbortSignal;
  /** What the averaged weights are worth after an epoch; undefined where no images were held out. */
  validate(): Promise<{ loss: number; accuracy: number } | undefined>;
  onUpdate(progress: TrainingProgress): void;
  onEpoch(record: EpochRecord): void;
}

/** A checkpoint in between, so that a power cut costs no more than this. */
const saveEveryMs = 300_000;
/** How fast batch statistics are forgotten where weights are not averaged. */
const statisticsRate = 0.01;

/**
 * Does the epochs that are left, with a checkpoint after each, and one when it is stopped.
 * @returns where it stands then
 * @throws {UserError} when the loss is no number any more; a checkpoint from before stays
 */
export async function runEpochs(training: OpenTraining, options: EpochOptions): Promise<TrainingPosition> {
  const { epochs } = options.recipe.schedule;
  let { position } = training;
  while (position.epochs < epochs && !options.stop.aborted) {
    position = await runEpoch(training, position, options);
    await saveCheckpoint(options.checkpoint, position, training.steps.read());
  }
  return position;
}

async function runEpoch(
  { steps, source }: OpenTraining,
  start: TrainingPosition,
  options: EpochOptions,
): Promise<TrainingPosition> {
  const { recipe, stop, checkpoint } = options;
  const { batch } = source.sampling;
  const perUpdate = steps.batchesPerUpdate;
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
  const onUpdate = async (measures: StepMetrics) => {
    checkNumber(measures, updates + 1, recipe, checkpoint);
    updates += 1;
    begun = added(begun, measures);
    options.onUpdate({
      epoch: start.epochs + 1,
      epochs: recipe.schedule.epochs,
      images: begun.samples,
      imagesOfEpoch: updatesOfEpoch * perUpdate * batch,
      loss: begun.loss / begun.samples,
      learningRate: measures.learningRate,
    });
    if (Date.now() - saved < saveEveryMs) return;
    saved = Date.now();
    const position = { ...start, updates, begun: { ...begun, seconds: secondsSoFar() } };
    await saveCheckpoint(checkpoint, position, steps.read());
  };
  const order = epochOrder(source.data.images.count, start.epochs, recipe.seed);
  const first = begun.updates * perUpdate;
  const batches = drawn(order, { first, end: updatesOfEpoch * perUpdate, batch }, (indices, index) =>
    takeBatch(source, indices, start.epochs * updatesOfEpoch * perUpdate + index),
  );
  await steps.run({ batches, updates, ratesAt, onUpdate, stop });
  begun = { ...begun, seconds: secondsSoFar() };
  if (begun.updates < updatesOfEpoch) return { ...start, updates, begun };
  const found = await options.validate();
  if (found !== undefined && !Number.isFinite(found.loss)) throw notANumber(found.loss, updates, recipe, checkpoint);
  const record: EpochRecord = {
    epoch: start.epochs + 1,
    updates,
    learningRate: ratesAt(updates - 1).learning_rate,
    loss: begun.loss / begun.samples,
    accuracy: begun.correct / begun.samples,
    ...(found === undefined ? {} : { validationLoss: found.loss, validationAccuracy: found.accuracy }),
    seconds: begun.seconds,
    imagesPerSecond: begun.samples / begun.seconds,
  };
  options.onEpoch(record);
  const none = { updates: 0, loss: 0, correct: 0, samples: 0, seconds: 0 };
  return { ...start, epochs: start.epochs + 1, updates, begun: none, history: [...start.history, record] };
}

function* drawn(
  order: readonly number[],
  { first, end, batch }: { first: number; end: number; batch: number },
  take: (indices: readonly number[], index: number) => Batch,
): Generator<Batch> {
  for (let index = first; index < end; index += 1) yield take(order.slice(index * batch, (index + 1) * batch), index);
}

function added(begun: TrainingPosition['begun'], { loss, correct, samples }: StepMetrics): TrainingPosition['begun'] {
  return {
    ...begun,
    updates: begun.updates + 1,
    loss: begun.loss + loss * samples,
    correct: begun.correct + correct,
    samples: begun.samples + samples,
  };
}

function checkNumber({ loss }: StepMetrics, update: number, recipe: Recipe, checkpoint: string): void {
  if (!Number.isFinite(loss)) throw notANumber(loss, update, recipe, checkpoint);
}

function notANumber(loss: number, update: number, { schedule }: Recipe, checkpoint: string): UserError {
  return new UserError(
    `the loss is ${loss} at step ${update}: expected a number; a lower learning rate than ${schedule.rate.toPrecision(2)} may ` +
      `help; what is in ${checkpoint} stays as it is`,
  );
}
