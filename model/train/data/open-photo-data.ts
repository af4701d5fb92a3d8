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
 * Image files, decoded once to the size that the model resizes to and kept in a file, so that memory stays bounded.
 * Whatever cannot be decoded is left out.
 * @param place where they come from, and a test set, for messages
 * @throws {UserError} when there are not two labels, or the disk is full
 */
export async function openPhotoData(
  place: string,
  { images, leftOut }: LabeledImages,
  test: { readonly place: string; readonly images: LabeledImages } | undefined,
  options: DataOptions,
): Promise<TrainingData> {
  const { manifest, validationShare, seed } = options;
  const own = await decoded(place, images, options);
  let other: Decoded | undefined;
  try {
    other = test && (await decoded(test.place, test.images.images, options));
    const tested = other;
    const { labels, classes } = matchLabels(
      own.kept.map(({ label }) => label),
      manifest.labels,
      place,
    );
    const classesOf = (kept: readonly LabeledImage[]) => Uint16Array.from(kept, ({ label }) => classes.get(label) ?? 0);
    const all = classesOf(own.kept);
    const { train, validation } = holdOut(all, validationShare, seed);
    const chosen = (indices: readonly number[]): LabeledPixels => ({
      images: selectPixels(own.store, indices),
      classes: Uint16Array.from(indices, (index) => all[index] ?? 0),
    });
    const unknown = other?.kept.find(({ label }) => !classes.has(label));
    if (unknown !== undefined) {
      throw new UserError(
        `${unknown.name} of the test set ${test?.place} has the label ${unknown.label}: expected one of ${place}`,
      );
    }
    const held = chosen(validation);
    const { crop } = manifest.preprocess;
    return {
      labels,
      train: chosen(train),
      validation: { ...held, images: cropCenter(held.images, crop) },
      test: tested && { images: cropCenter(tested.store, crop), classes: classesOf(tested.kept) },
      leftOut: [...leftOut, ...own.leftOut, ...(test?.images.leftOut ?? []), ...(tested?.leftOut ?? [])],
      close: () => closeAll([own.store, tested?.store]),
    };
  } catch (error) {
    await closeAll([own.store, other?.store]);
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

async function decoded(
  place: string,
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
      const why = describeSkipped(countReasons(leftOut.map(({ reason }) => reason))) ?? 'there is none';
      throw new UserError(`expected labeled images in ${place}: ${why}`);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  return inOrder(file.store(kept.length), kept, leftOut);
}

/** Several are decoded at once, and end in any order: by name, they are the same each time. */
function inOrder(store: PixelStore, kept: readonly LabeledImage[], leftOut: readonly SkippedImage[]): Decoded {
  const order = [...kept.keys()].sort((one, other) => ((kept[one]?.name ?? '') < (kept[other]?.name ?? '') ? -1 : 1));
  const sorted = order.flatMap((index) => kept[index] ?? []);
  return { store: { ...selectPixels(store, order), close: store.close }, kept: sorted, leftOut };
}
