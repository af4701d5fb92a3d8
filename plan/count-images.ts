import type { ObjectStore } from '../shared/stores/ports.ts';

/** What a listing says of the images in a place. */
export interface ImageCount {
  readonly images: number;
  /** Of all of them. */
  readonly bytes: number;
}

/**
 * Counts what lies in a place, each object as an image: only reading it would tell.
 * @param seen is told now and then how far it is
 */
export async function countImages(
  objects: Pick<ObjectStore, 'list'>,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  seen: (counted: ImageCount) => void = () => {},
): Promise<ImageCount> {
  let images = 0;
  let bytes = 0;
  for await (const { size } of objects.list(bucket, prefix)) {
    images += 1;
    bytes += size;
    if (images % 100_000 === 0) seen({ images, bytes });
  }
  return { images, bytes };
}
