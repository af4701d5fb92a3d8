import { createHash } from 'node:crypto';
import { isAbsolute, join, normalize } from 'node:path';
import pMap from 'p-map';
import type { AnnotatedImage, AnnotatedObject } from '../../../model/detector/annotations/annotation.ts';
import { clipObjects } from '../../../model/detector/annotations/clip-objects.ts';
import { type EmbeddedRegions, embedRegions } from '../../../model/detector/embed-regions.ts';
import { findFile, type SkippedImage } from '../../../model/finetune/labeled-images.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { defaultMaxBytes } from '../../../shared/images/decode/identify.ts';
import type { Scorer } from '../../../shared/inference/score-crops.ts';
import { openProposer } from '../../../shared/regions/proposer.ts';
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
  const leftOut: SkippedImage[] = [];
  let [done, clipped] = [0, 0];
  const proposer = openProposer({ threads });
  const embedOne = async (image: AnnotatedImage): Promise<AnnotatedEmbeddings | undefined> => {
    const { name } = image;
    const bytes = await readImage(folder, name);
    if (typeof bytes === 'string') {
      leftOut.push({ name, reason: bytes });
      return undefined;
    }
    const objectsIn = (size: { width: number; height: number }): readonly AnnotatedObject[] => {
      checkSize(image, size);
      const result = clipObjects(image.objects, size);
      clipped += result.clipped;
      leftOut.push(...result.unused.map((reason) => ({ name: `${name}: box`, reason })));
      return result.objects;
    };
    try {
      const embedded = await embedRegions(bytes, { scorer, proposer, max, objectsIn });
      return { ...embedded, name, digest: createHash('sha256').update(bytes).digest('hex') };
    } catch (error) {
      if (error instanceof OtherSize) leftOut.push({ name, reason: 'other_size' });
      else if (error instanceof Failure) leftOut.push({ name, reason: error.reason });
      else throw error;
      return undefined;
    }
  };
  try {
    // Two images at a time: one is decoded and searched while the network runs on the other.
    const images = await pMap(
      annotated,
      async (image) => {
        const embedded = await embedOne(image);
        done += 1;
        onProgress(done, annotated.length);
        return embedded;
      },
      { concurrency: 2 },
    );
    return { images: images.filter((image) => image !== undefined), leftOut, clipped };
  } finally {
    await proposer.close();
  }
}

/** The annotations are of another version of the image, or of one that is not upright: its boxes would be in wrong places. */
class OtherSize extends Error {}

function checkSize({ size }: AnnotatedImage, { width, height }: { width: number; height: number }): void {
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
