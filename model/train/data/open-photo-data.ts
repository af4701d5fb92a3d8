import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { Failure } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { LabeledImage, LabeledImages, SkippedImage } from '../../finetune/labeled-images.ts';
import { countReasons, cropPhoto, describeSkipped } from '../../verify/photo-folder.ts';
import { cropCenter } from './crop-center.ts';
import { holdOut } from './hold-out.ts';
import { matchLabels } from './match-labels.ts';
import { openPixelFile } from './pixel-file.ts';
import { type LabeledPixels, type PixelStore, selectPixels } from './pixel-store.ts';
import type { DataOptions, TrainingData } from './training-data.ts';

/**
 * Decodes image files once, to the size that the model resizes to, into a file, so that memory stays bounded. Images that
 * cannot be decoded are skipped.
 * @param path of the data set, for messages
 * @throws {UserError} when there are fewer than two labels, or the disk is full
 */
export async function openPhotoData(
  path: string,
  { images, leftOut }: LabeledImages,
  test: { readonly path: string; readonly images: LabeledImages } | undefined,
  options: DataOptions,
): Promise<TrainingData> {
  const { manifest, validationShare, seed } = options;
  const data = await decodeImages(path, images, options);
  let testData: Decoded | undefined;
  try {
    testData = test && (await decodeImages(test.path, test.images.images, options));
    const tested = testData;
    const { labels, classes } = matchLabels(
      data.kept.map(({ label }) => label),
      manifest.labels,
      path,
    );
    const classesOf = (kept: readonly LabeledImage[]) => Uint16Array.from(kept, ({ label }) => classes.get(label) ?? 0);
    const all = classesOf(data.kept);
    const { train, validation } = holdOut(all, validationShare, seed);
    const chosen = (indices: readonly number[]): LabeledPixels => ({
      images: selectPixels(data.store, indices),
      classes: Uint16Array.from(indices, (index) => all[index] ?? 0),
    });
    const unknown = tested?.kept.find(({ label }) => !classes.has(label));
    if (unknown !== undefined) {
      throw new UserError(
        `${unknown.name} of the test set ${test?.path} has the label ${unknown.label}, which ${path} does not have`,
      );
    }
    const heldOut = chosen(validation);
    const { crop } = manifest.preprocess;
    return {
      labels,
      train: chosen(train),
      validation: { ...heldOut, images: cropCenter(heldOut.images, crop) },
      test: tested && { images: cropCenter(tested.store, crop), classes: classesOf(tested.kept) },
      leftOut: [...leftOut, ...data.leftOut, ...(test?.images.leftOut ?? []), ...(tested?.leftOut ?? [])],
      close: () => closeAll([data.store, tested?.store]),
    };
  } catch (error) {
    await closeAll([data.store, testData?.store]);
    throw error;
  }
}

async function closeAll(stores: readonly (PixelStore | undefined)[]): Promise<void> {
  await Promise.all(stores.map((store) => store?.close()));
}

interface Decoded {
  readonly store: PixelStore;
  readonly kept: readonly LabeledImage[];
  readonly leftOut: readonly SkippedImage[];
}

async function decodeImages(
  path: string,
  images: readonly LabeledImage[],
  { manifest, scratch, onProgress }: DataOptions,
): Promise<Decoded> {
  const { resize } = manifest.preprocess;
  const { height, width } = resize;
  const rule = { ...manifest.preprocess, crop: { rule: 'center' as const, height, width } };
  const file = await openPixelFile(scratch, { height, width, channels: 3 }, images.length);
  const kept: LabeledImage[] = [];
  const leftOut: SkippedImage[] = [];
  let done = 0;
  try {
    const read = async (image: LabeledImage) => (image.file === undefined ? undefined : cropPhoto(image.file, rule));
    await pMap(
      images,
      async (image) => {
        const pixels = await read(image);
        done += 1;
        onProgress(done, images.length);
        if (pixels === undefined) leftOut.push({ name: image.name, reason: 'not_found' });
        else if (pixels instanceof Failure) leftOut.push({ name: image.name, reason: pixels.reason });
        else {
          file.write(kept.length, pixels);
          kept.push(image);
        }
      },
      { concurrency: availableParallelism() },
    );
    if (kept.length === 0) {
      const skipped = describeSkipped(countReasons(leftOut.map(({ reason }) => reason))) ?? 'it is empty';
      throw new UserError(`no labeled images in ${path}: ${skipped}`);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return inOrder(file.store(kept.length), kept, leftOut);
}

/** Sorts images by name, because parallel decoding finishes in any order. */
function inOrder(store: PixelStore, kept: readonly LabeledImage[], leftOut: readonly SkippedImage[]): Decoded {
  const order = [...kept.keys()].sort((a, b) => ((kept[a]?.name ?? '') < (kept[b]?.name ?? '') ? -1 : 1));
  const sorted = order.flatMap((index) => kept[index] ?? []);
  return { store: { ...selectPixels(store, order), close: store.close }, kept: sorted, leftOut };
}
