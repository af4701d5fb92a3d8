import type { ObjectStore } from '../shared/stores/ports.ts';

/** Images under a location, from a listing. */
export interface ImageCount {
  readonly images: number;
  /** Of all images. */
  readonly bytes: number;
}

/**
 * Counts the objects under a location; each counts as an image: only its bytes show whether it is one.
 * @param onProgress receives the count every 100,000 images
 */
export async function countImages(
  objects: Pick<ObjectStore, 'list'>,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  onProgress: (counted: ImageCount) => void = () => {},
): Promise<ImageCount> {
  let images = 0;
  let bytes = 0;
  for await (const { size } of objects.list(bucket, prefix)) {
    images += 1;
    bytes += size;
    if (images % 100_000 === 0) onProgress({ images, bytes });
  }
  return { images, bytes };
}
