import { availableParallelism } from 'node:os';
import { basename, extname, resolve } from 'node:path';
import { readAnnotations } from '../../../model/detector/annotations/read-annotations.ts';
import type { DetectorCrossValidation } from '../../../model/detector/train/cross-validate-detector.ts';
import { finetuneDetector } from '../../../model/detector/train/finetune-detector.ts';
import { finetunedName } from '../../../model/finetune/finetune-model.ts';
import type { SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { checkNotSource, checkReplaceable } from '../../../model/replace-directory.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { checkCropBytes } from '../../../shared/models/crops-of-image.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { checkModelName } from '../check-model-name.ts';
import { withSession } from '../with-session.ts';
import { checkAnnotations } from './check-annotations.ts';
import { detectorExamples, shareProposed } from './detector-examples.ts';
import { embedAnnotated } from './embed-annotated.ts';

export interface FinetuneBoxesOptions {
  /** A folder of PASCAL VOC files, or a COCO file. */
  readonly boxes: string;
  /** Folder of the images. @default the folder of the annotations */
  readonly images?: string;
  /** Maximum number of proposals per image. */
  readonly regions: number;
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
  readonly name?: string;
  readonly folds: number;
  readonly seed: number;
}

export interface FinetuneBoxesHooks {
  /** Called after each embedded image. */
  readonly onProgress: (done: number, total: number) => void;
  /** Called at the start of each step of the fit. */
  readonly onStep: (step: string) => void;
}

/** Outcome of training a detector. */
export interface DetectorReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly finetunedFrom: string;
  /** Number of training images. */
  readonly images: number;
  /** Folder of the images. */
  readonly folder: string;
  /** Maximum number of proposals per image. */
  readonly regions: number;
  /** Number of objects per label, without exempt ones. */
  readonly labels: readonly { readonly label: string; readonly objects: number }[];
  /** Share of the objects that a proposal or the whole image overlaps by at least half: a model that moves no boxes finds no more. */
  readonly proposed: number;
  readonly objectRegions: number;
  readonly backgroundRegions: number;
  readonly leftOut: readonly SkippedImage[];
  /** Number of boxes that were cut at the edges of their image. */
  readonly clipped: number;
  readonly hasBoxRegression: boolean;
  readonly converged: boolean;
  readonly crossValidation: DetectorCrossValidation;
}

/** 2 GiB. */
const maxFloats = 2 ** 29;
const batch = 16;

/**
 * Replaces the last layer of a model by one that tells objects from background, and writes the detector.
 * @param source a model directory
 * @throws {UserError} for annotations, a model or an output directory that cannot be used
 */
export async function finetuneBoxes(
  source: string,
  options: FinetuneBoxesOptions,
  { onProgress, onStep }: FinetuneBoxesHooks,
): Promise<DetectorReport> {
  const { boxes: path, out, overwrite, regions: max, folds, seed } = options;
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const { name = finetunedName(model.manifest.name, basename(resolve(path), extname(path))) } = options;
  checkModelName(name);
  const annotations = await readAnnotations(path);
  checkAnnotations(annotations.images, path);
  const { images: folder = annotations.folder } = options;
  checkCropBytes({ crop: { ...model.manifest.preprocess.crop, rule: 'center' }, regions: { maximum: max } });
  checkMemory(annotations.images.length, max, model.manifest.outputs.embeddingSize);
  const threads = availableParallelism();
  const compute = { threads, batch, accelerator: 'cpu' } as const;
  const gathered = await withSession(
    model,
    compute,
    () => {},
    async (session) =>
      embedAnnotated(annotations.images, {
        ...{ folder, max, threads, onProgress },
        scorer: { model, session: await session, batchSize: batch },
      }),
  );
  const examples = detectorExamples(gathered, model.manifest.outputs.embeddingSize, {
    path,
    folder,
    isFolderGiven: options.images !== undefined,
  });
  const result = await finetuneDetector({ model, examples, name, out, folds, seed, onStep });
  const { manifest, ...rest } = result;
  return {
    model: modelId(manifest),
    directory: out,
    finetunedFrom: manifest.finetunedFrom?.[0] ?? '',
    images: examples.images.length,
    ...{ folder, regions: max },
    labels: examples.labels.map((label) => ({ label, objects: countObjects(examples.images, label) })),
    proposed: shareProposed(examples.images),
    leftOut: gathered.leftOut,
    clipped: gathered.clipped,
    ...rest,
  };
}

function countObjects(
  images: readonly { readonly objects: readonly { readonly label: string; readonly exempt?: string }[] }[],
  label: string,
): number {
  return images.flatMap(({ objects }) => objects).filter((one) => one.label === label && one.exempt === undefined)
    .length;
}

/** All embeddings are in memory, 4 bytes per component. */
function checkMemory(images: number, max: number, size: number): void {
  const floats = images * (max + 1) * size;
  if (floats <= maxFloats) return;
  const fitting = Math.floor(maxFloats / (images * size)) - 1;
  const advice = fitting < 1 ? 'annotate fewer images' : `give --regions ${fitting} or fewer`;
  const gigabytes = ((floats * 4) / 2 ** 30).toFixed(0);
  throw new UserError(
    `the embeddings of ${max} regions of ${images} images need ${gigabytes} GiB of memory: ${advice}`,
  );
}
