export interface PackLimits {
  /** Pixel bytes of a pack; larger crops of a single image get their own pack. */
  readonly bytes: number;
  /** Images of a pack. */
  readonly images: number;
}

/**
 * Large enough that the price of a PUT hardly matters; small enough to be held in memory, sent quickly, and accepted by
 * S3-compatible services that limit the request body, one of them to 11 MiB.
 */
export const packLimits: PackLimits = { bytes: 10 * 2 ** 20, images: 100 };

/**
 * Splits items into consecutive groups that each fit in a pack.
 * @param imagesOf how many images an item starts: 0 for further pixels of an image. Default: 1
 */
export function splitIntoPacks<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limits = packLimits,
  imagesOf: (item: T) => number = () => 1,
): T[][] {
  const packs: T[][] = [];
  let pack: T[] = [];
  let [bytes, images] = [0, 0];
  for (const item of items) {
    const size = bytesOf(item);
    const started = imagesOf(item);
    if (pack.length > 0 && (images + started > limits.images || bytes + size > limits.bytes)) {
      packs.push(pack);
      pack = [];
      [bytes, images] = [0, 0];
    }
    pack.push(item);
    bytes += size;
    images += started;
  }
  if (pack.length > 0) packs.push(pack);
  return packs;
}
