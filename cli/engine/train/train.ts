import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { checkNotSource, checkReplaceable } from '../../../model/import/replace-directory.ts';
import { loadCheckpoint, removeCheckpoint } from '../../../model/train/checkpoint.ts';
import type { TrainingData } from '../../../model/train/data/training-data.ts';
import type { Recipe } from '../../../model/train/recipe.ts';
import { historyCsv } from '../../../model/train/report/history-csv.ts';
import { plotHistory } from '../../../model/train/report/plot-history.ts';
import { type Trained, trainModel } from '../../../model/train/train-model.ts';
import { withLabels } from '../../../model/train/with-labels.ts';
import { writeTrainedModel } from '../../../model/train/write-trained-model.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { countProgress } from '../../terminal/count-progress.ts';
import { interruption } from '../../terminal/interruption.ts';
import type { Mistake, TrainingReport } from '../../terminal/print-training.ts';
import { trainingProgress } from '../../terminal/training-progress.ts';
import { openData } from './open-data.ts';

export interface TrainInput {
  /** The model directory that training begins with. */
  readonly source: string;
  readonly data: string;
  readonly test: string | undefined;
  readonly out: string;
  readonly name: string | undefined;
  /** Folder of checkpoint and history; beside `out` by default. */
  readonly checkpoint: string | undefined;
  readonly validationShare: number;
  readonly resume: boolean;
  readonly quiet: boolean;
}

/** A training that was stopped before its end; what there is of a history lies beside its checkpoint. */
export interface Interrupted {
  readonly interrupted: true;
  readonly epochs: number;
  readonly updates: number;
  readonly checkpoint: string;
}

/** @throws {UserError} as `openData` and `trainModel` do */
export async function train(places: TrainInput, recipe: Recipe): Promise<TrainingReport | Interrupted> {
  const { source, out, resume } = places;
  await checkNotSource(source, out);
  await checkReplaceable(resolve(out), out);
  const model = await loadModel(source);
  const { name = model.manifest.name, checkpoint = join(dirname(resolve(out)), `${basename(resolve(out))}.training`) } =
    places;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new UserError(`expected lower-case letters, digits, ".", "_" or "-" for --name, got ${name}`);
  }
  if (!resume) await checkNone(checkpoint);
  const inside = relative(resolve(out), resolve(checkpoint));
  if (inside === '' || !inside.startsWith('..')) {
    throw new UserError(`expected a folder outside of ${out} for --checkpoint, got ${checkpoint}`);
  }
  const data = await open(places, model, recipe.seed, checkpoint);
  const { stop, release } = interruption();
  const display = places.quiet ? undefined : trainingProgress();
  try {
    const own = withLabels(model, data.labels);
    const trained = await trainModel({
      model: own,
      data,
      recipe,
      checkpoint,
      resume,
      stop,
      onUpdate: (progress) => display?.show(progress),
      onEpoch: (record) => display?.epoch(record),
    });
    const { history, updates } = trained;
    const files = await writeHistory(checkpoint, name, trained);
    if (!trained.finished) return { interrupted: true, epochs: history.length, updates, checkpoint };
    const manifest = await writeTrainedModel(out, name, own.manifest, trained.network);
    await removeCheckpoint(checkpoint);
    return { ...reportOf(data, trained, model), model: modelId(manifest), directory: out, ...files };
  } finally {
    display?.stop();
    release();
    await data.close();
  }
}

/** @throws {UserError} when the hours of a training whose model was not written yet would be lost */
async function checkNone(checkpoint: string): Promise<void> {
  const { position } = (await loadCheckpoint(checkpoint)) ?? {};
  if (position === undefined) return;
  throw new UserError(
    `${checkpoint} holds a training that was stopped after ${position.updates} updates: go on with it by --resume, or ` +
      'remove it to begin anew',
  );
}

async function open(places: TrainInput, model: Model, seed: number, scratch: string): Promise<TrainingData> {
  const { data, test, validationShare, quiet } = places;
  const progress = quiet ? undefined : countProgress('decoded');
  try {
    return await openData(data, test, model, {
      validationShare,
      seed,
      scratch,
      onProgress: (done, total) => progress?.show(done, total),
    });
  } finally {
    progress?.stop();
  }
}

async function writeHistory(
  folder: string,
  name: string,
  { history }: Trained,
): Promise<{ plot: string; csv: string }> {
  const [plot, csv] = [join(folder, 'history.svg'), join(folder, 'history.csv')];
  await mkdir(folder, { recursive: true });
  await writeFile(plot, plotHistory(history, `Training of ${name}`));
  await writeFile(csv, historyCsv(history));
  return { plot, csv };
}

function reportOf(
  { train: learnt, validation, test, labels, leftOut }: TrainingData,
  { history, parameters, trained, updates, test: tested }: Trained,
  model: Model,
): Omit<TrainingReport, 'model' | 'directory' | 'plot' | 'csv'> {
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  const samples = history.reduce((sum, record) => sum + record.seconds * record.imagesPerSecond, 0);
  const counts = new Uint32Array(labels.length);
  for (const label of [...learnt.classes, ...validation.classes]) counts[label] = (counts[label] ?? 0) + 1;
  const alone = labels.filter((_, index) => counts[index] === 1).map(({ name }) => name);
  return {
    trainedFrom: modelId(model.manifest),
    labels: labels.length,
    images: { train: learnt.images.count, validation: validation.images.count, test: test?.images.count ?? 0 },
    leftOut,
    alone,
    parameters,
    trained,
    updates,
    seconds,
    imagesPerSecond: samples / seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    history,
    ...(tested === undefined || test === undefined
      ? {}
      : {
          test: {
            accuracy: tested.accuracy,
            loss: tested.loss,
            mistakes: mistakesOf(test.classes, tested.predicted, labels),
          },
        }),
  };
}

function mistakesOf(own: Uint16Array, given: Uint16Array, labels: TrainingData['labels']): Mistake[] {
  const wrong = [...own.keys()].filter((index) => own[index] !== given[index]);
  const name = (index: number | undefined) => labels[index ?? -1]?.name ?? '';
  const pairs = Map.groupBy(wrong, (index) => `${own[index]} ${given[index]}`);
  return Array.from(pairs.values(), (images) => {
    const [first = 0] = images;
    return { label: name(own[first]), given: name(given[first]), images: images.length };
  }).sort((one, other) => other.images - one.images);
}
