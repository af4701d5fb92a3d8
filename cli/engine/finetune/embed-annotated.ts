import { createHash } from 'node:crypto';
import { isAbsolute, join, normalize } from 'node:path';
import pMap from 'p-map';
import type { AnnotatedImage } from '../../../model/detector/annotations/annotation.ts';
import { type ClippedObjects, clipObjects } from '../../../model/detector/annotations/clip-objects.ts';
import { type EmbeddedRegions, type EmbedRegionsOptions, embedRegions } from '../../../model/detector/embed-regions.ts';
import { findFile, type SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { defaultMaxBytes } from '../../../shared/images/decode/identify.ts';
import type { Scorer } from '../../../shared/inference/score-crops.ts';
import { openProposer } from '../../../shared/regions/proposer.ts';
import type { Size } from '../../../shared/regions/working-size.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';

export interface EmbedAnnotatedOptions {
  /** Folder of the images. */
  readonly folder: string;
  readonly scorer: Scorer;
  /** Maximum number of proposals per image. */
  readonly max: number;
  /** CPU cores. */
  readonly threads: number;
  readonly onProgress: (done: number, total: number) => void;
}

export interface AnnotatedEmbeddings extends EmbeddedRegions {
  readonly name: string;
  /** Of the file's content. */
  readonly digest: string;
}

export interface EmbeddedImages {
  readonly images: readonly AnnotatedEmbeddings[];
  /** Images and, as `name: box`, boxes that are not used. */
  readonly leftOut: readonly SkippedImage[];
  /** Number of boxes that were cut at the edges of their image. */
  readonly clipped: number;
}

/** Embeds the regions of annotated images, in their order. An image that cannot be used is left out, with the reason. */
export async function embedAnnotated(
  annotated: readonly AnnotatedImage[],
  { folder, scorer, max, threads, onProgress }: EmbedAnnotatedOptions,
): Promise<EmbeddedImages> {
  const images: AnnotatedEmbeddings[] = [];
  const leftOut: SkippedImage[] = [];
  let [done, clipped] = [0, 0];
  const proposer = openProposer({ threads });
  const embed = async (image: AnnotatedImage) => {
    const outcome = await embedImage(image, folder, { scorer, proposer, max });
    done += 1;
    onProgress(done, annotated.length);
    return outcome;
  };
  try {
    // Two images at a time: one is decoded and searched while the network runs on the other.
    const outcomes = await pMap(annotated, embed, { concurrency: 2 });
    for (const [index, outcome] of outcomes.entries()) {
      const name = annotated[index]?.name ?? '';
      if (typeof outcome === 'string') leftOut.push({ name, reason: outcome });
      else {
        images.push(outcome.embedded);
        clipped += outcome.clipped;
        leftOut.push(...outcome.unused.map((reason) => ({ name: `${name}: box`, reason })));
      }
    }
    return { images, leftOut, clipped };
  } finally {
    await proposer.close();
  }
}

interface EmbeddedOutcome extends Omit<ClippedObjects, 'objects'> {
  readonly embedded: AnnotatedEmbeddings;
}

/** An embedded image, or the reason why it cannot be used. */
async function embedImage(
  image: AnnotatedImage,
  folder: string,
  options: Omit<EmbedRegionsOptions, 'objectsIn'>,
): Promise<EmbeddedOutcome | string> {
  const bytes = await readImage(folder, image.name);
  if (typeof bytes === 'string') return bytes;
  // Called again if the image has to be decoded again.
  let clipped: ClippedObjects = { objects: [], clipped: 0, unused: [] };
  const objectsIn = (size: Size) => {
    checkSize(image, size);
    clipped = clipObjects(image.objects, size);
    return clipped.objects;
  };
  try {
    const embedded = await embedRegions(bytes, { ...options, objectsIn });
    const digest = createHash('sha256').update(bytes).digest('hex');
    return { embedded: { ...embedded, name: image.name, digest }, clipped: clipped.clipped, unused: clipped.unused };
  } catch (error) {
    if (error instanceof OtherSize) return 'other_size';
    if (error instanceof Failure) return error.reason;
    throw error;
  }
}

/** The annotations are of another version of the image, or of one that is not upright: its boxes would be in wrong places. */
class OtherSize extends Error {}

function checkSize({ size }: AnnotatedImage, { width, height }: Size): void {
  if (size !== undefined && (size.width !== width || size.height !== height)) throw new OtherSize();
}

/** The bytes of a file, or why there are none. */
async function readImage(folder: string, name: string): Promise<Uint8Array | string> {
  const path = normalize(name);
  if (isAbsolute(path) || path.startsWith('..')) return 'outside_folder';
  const file = await findFile(join(folder, path));
  if (file === undefined) return 'not_found';
  try {
    return (await new FolderStore().read(file, { maxBytes: defaultMaxBytes })).bytes;
  } catch (error) {
    if (error instanceof Failure) return error.reason;
    throw error;
  }
}
