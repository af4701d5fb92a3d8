export interface PackLimits {
  /** Pixels in an object; crops of one image that are more have an object of their own. */
  readonly bytes: number;
  /** Images in an object. */
  readonly images: number;
}

/**
 * Large enough that what one costs to write hardly counts, small enough to be held and sent in a moment, and to be taken
 * by services that speak S3's protocol but limit the body of a request, one of them to 11 MiB.
 */
export const packLimits: PackLimits = { bytes: 10 * 2 ** 20, images: 100 };

/** Groups that each fill one object, in the order given. */
export function splitIntoPacks<T>(items: readonly T[], bytesOf: (item: T) => number, limits = packLimits): T[][] {
  const packs: T[][] = [];
  let pack: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (pack.length > 0 && (pack.length >= limits.images || bytes + size > limits.bytes)) {
      packs.push(pack);
      pack = [];
      bytes = 0;
    }
    pack.push(item);
    bytes += size;
  }
  if (pack.length > 0) packs.push(pack);
  return packs;
}
