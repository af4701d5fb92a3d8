import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isEnsemble } from '../../../model/ensemble/is-ensemble.ts';
import { graphOf } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { requireFloat } from '../../../model/graph/require-float.ts';
import { decodeModel } from '../../../model/onnx/model-file.ts';
import { checkNotSource, checkReplaceable } from '../../../model/replace-directory.ts';
import type { TrainingAccelerator } from '../../../model/train/accelerator/open-accelerated.ts';
import { loadCheckpoint, removeCheckpoint, requireCheckpoint } from '../../../model/train/checkpoint.ts';
import { NoDerivativeError } from '../../../model/train/gradient/no-derivative-error.ts';
import type { RecipeOptions } from '../../../model/train/plan/choose-settings.ts';
import { planTraining } from '../../../model/train/plan/plan-training.ts';
import { resumeRecipe } from '../../../model/train/plan/resume-recipe.ts';
import type { TrainingPlan } from '../../../model/train/plan/training-plan.ts';
import type { Recipe } from '../../../model/train/recipe.ts';
import type { Settings } from '../../../model/train/recipe-settings.ts';
import type { EpochRecord } from '../../../model/train/report/epoch-record.ts';
import { historyCsv } from '../../../model/train/report/history-csv.ts';
import { plotHistory } from '../../../model/train/report/plot-history.ts';
import type { TrainingProgress } from '../../../model/train/run-epochs.ts';
import { type Trained, trainModel } from '../../../model/train/train-model.ts';
import { withLabels } from '../../../model/train/with-labels.ts';
import { writeTrainedModel } from '../../../model/train/write-trained-model.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { type ModelManifest, modelId } from '../../../shared/models/model-manifest.ts';
import { checkModelName } from '../check-model-name.ts';
import { openData } from './open-data.ts';
import { labelNamesOf, type NameOfLabel, planReport, reportOf, type TrainingReport } from './training-report.ts';

export interface TrainOptions {
  /** Labeled images to train on. */
  readonly data: string;
  /** Labeled images for the final test. */
  readonly test?: string;
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  readonly name?: string;
  /** Folder of checkpoint and history. @default next to `out` */
  readonly checkpoint?: string;
  readonly validationShare: number;
  readonly resume: boolean;
  /** The settings of the recipe that the user gave. A resumed training has all others from its checkpoint. */
  readonly given: Settings;
  readonly accelerator: TrainingAccelerator;
  /** How the report shows a label. @default the whole label */
  readonly nameOf?: NameOfLabel | undefined;
}

export interface TrainHooks {
  /** Something to know before the training, in one sentence. */
  readonly onNotice: (text: string) => void;
  /** Where an accelerated training runs, or why not, and settings of a checkpoint, a sentence each. */
  readonly onFinding: (text: string) => void;
  /** Called before the first update. @param names of the labels, by class */
  readonly onPlan: (plan: TrainingPlan, names: readonly string[]) => void;
  /** Called while images are decoded. */
  readonly onDecoded: (done: number, total: number) => void;
  readonly onUpdate: (progress: TrainingProgress) => void;
  readonly onEpoch: (record: EpochRecord) => void;
  /** Runs the training itself, with a signal that stops it. */
  readonly training: <T>(work: (stop: AbortSignal) => Promise<T>) => Promise<T>;
}

/** Training that was stopped early; its history is next to the checkpoint. */
export interface Interrupted {
  readonly interrupted: true;
  readonly epochs: number;
  readonly updates: number;
  readonly checkpoint: string;
}

/**
 * Trains a model and writes the result.
 * @param source a model directory
 * @throws {UserError} as `openData` and `trainModel` do
 */
export async function train(
  source: string,
  options: TrainOptions,
  recipeOptions: RecipeOptions,
  { onNotice, onFinding, onPlan, onDecoded, onUpdate, onEpoch, training }: TrainHooks,
): Promise<TrainingReport | Interrupted> {
  const { out, overwrite, resume, test, validationShare, accelerator } = options;
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const graph = graphOf(decodeModel(model.network));
  requireFloat(graph, model.manifest);
  if (isEnsemble(graph, model.manifest.outputs.probabilities)) {
    throw new UserError(`${model.id} is an ensemble: train its members, then combine them again`);
  }
  if (model.manifest.backgroundLabel !== undefined) {
    throw new UserError(
      `${model.id} is a detector: train the model it was finetuned from, then repeat "model finetune"`,
    );
  }
  const notice = rewrittenNotice(model.manifest);
  if (notice !== undefined) onNotice(notice);
  const { name = model.manifest.name, checkpoint = join(dirname(resolve(out)), `${basename(resolve(out))}.training`) } =
    options;
  checkModelName(name);
  if (!resume) await checkNoCheckpoint(checkpoint);
  const inside = relative(resolve(out), resolve(checkpoint));
  if (inside === '' || !inside.startsWith('..')) {
    throw new UserError(`${checkpoint} is inside ${out}: give a folder outside of it for --checkpoint`);
  }
  const resumed = resume ? await resumedRecipe(checkpoint, recipeOptions, options.given, onFinding) : recipeOptions;
  const data = await openData(options.data, test, model, {
    ...{ validationShare, seed: resumed.seed, scratch: checkpoint, onProgress: onDecoded },
  });
  try {
    const labeled = withLabels(model, data.labels);
    const hasBatchNorm = graph.nodes.some((node) => isOperator(node, 'BatchNormalization'));
    const plan = planTraining(data, resumed, { hasBatchNorm, hasNewHead: labeled !== model }, validationShare);
    onPlan(plan, labelNamesOf(data.labels, options.nameOf));
    const { recipe } = plan;
    return await training(async (stop) => {
      const trained = await withTrainingAdvice(model.manifest, () =>
        trainModel({
          ...{ model: labeled, data, recipe, checkpoint, resume, stop, accelerator },
          ...{ onFinding, onUpdate, onEpoch },
        }),
      );
      const { history, updates } = trained;
      const files = await writeHistory(checkpoint, name, trained);
      if (!trained.finished) return { interrupted: true, epochs: history.length, updates, checkpoint };
      const manifest = await writeTrainedModel(out, name, labeled.manifest, trained.network);
      await removeCheckpoint(checkpoint);
      return {
        ...reportOf(data, trained, modelId(model.manifest), options.nameOf),
        ...planReport(plan),
        model: modelId(manifest),
        directory: out,
        ...files,
      };
    });
  } finally {
    await data.close();
  }
}

/** For a float model that was rewritten to run faster: the model to train, if that makes a difference. */
function rewrittenNotice(manifest: ModelManifest): string | undefined {
  const [parent] = manifest.derivedFrom ?? [];
  if (parent === undefined) return undefined;
  return (
    `${modelId(manifest)} is optimized, with any batch normalization folded into its convolutions: train ${parent}, from ` +
    'which it was made, to keep it'
  );
}

/** Runs a training; if an operator has no derivative, the error names what to train instead. */
async function withTrainingAdvice<T>({ derivedFrom }: ModelManifest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof NoDerivativeError)) throw cause;
    const [parent] = derivedFrom ?? [];
    if (parent === undefined) {
      const advice = 'train only layers after it (--from), or learn labels on its embedding with "model finetune"';
      throw new UserError(`${cause.message}; ${advice}`, { cause });
    }
    throw new UserError(`train the model that this one was made from, ${parent}: ${cause.message}`, { cause });
  }
}

async function resumedRecipe(
  checkpoint: string,
  options: RecipeOptions,
  given: Settings,
  onFinding: TrainHooks['onFinding'],
): Promise<Recipe> {
  const { position } = await requireCheckpoint(checkpoint);
  const { recipe, kept } = resumeRecipe(position.recipe, options, given, checkpoint);
  if (kept.length > 0) onFinding(`settings of the checkpoint: ${kept.join(' ')}`);
  return recipe;
}

/** @throws {UserError} if an unfinished training would be lost */
async function checkNoCheckpoint(checkpoint: string): Promise<void> {
  const { position } = (await loadCheckpoint(checkpoint)) ?? {};
  if (position === undefined) return;
  throw new UserError(
    `${checkpoint} contains a training that was stopped after ${position.updates} updates: continue it with --resume, or ` +
      'remove the folder to start again',
  );
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
