/** How many regions of each image are classified besides the whole image. */
export interface RegionsRule {
  /** Regions per image at most, 1 to `maxRegions`; the most promising ones are taken. */
  readonly maximum: number;
}

/** 150 MB of crops of 224 × 224 per image. */
export const maxRegions = 1000;

/** Increased whenever the same image would give other regions, other crops of them, or other regions to keep. */
export const regionsRevision = 1;

/** Regions per image at most; 0 without regions. */
export function maxRegionsOf({ regions }: { readonly regions?: RegionsRule | undefined }): number {
  return regions?.maximum ?? 0;
}
