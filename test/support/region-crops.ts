import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { type Model, modelWithRegions } from '../../shared/models/model-directory.ts';
import { preprocessDigest, preprocessWithRegions } from '../../shared/models/model-manifest.ts';
import type { ProposedRegion } from '../../shared/regions/region.ts';
import { cropOf } from './crops.ts';
import { tinyPreprocess } from './tiny-model.ts';

export interface RegionMessageOptions {
  readonly key?: string;
  readonly size?: number;
  /** Regions that the preprocessing allows. */
  readonly maximum?: number;
  /** Shades of the regions, one each. */
  readonly fills?: readonly number[];
  /** Crops of a chunk. */
  readonly perChunk?: number;
  readonly boxes?: readonly ProposedRegion[];
}

/** Boxes that do not overlap, in a row, 1 pixel wide. */
export function boxesInRow(count: number): ProposedRegion[] {
  return Array.from({ length: count }, (_, index) => ({
    x: index % 64,
    y: 0,
    width: 1,
    height: 48,
    objectness: 1 - index / 2000,
  }));
}

/** A message of the tiny model with regions of one shade each. The image is 64 × 48. */
export function messageWithRegions(options: RegionMessageOptions = {}): CropMessage {
  const { key = 'a.jpg', size = 32, maximum = 10, fills = [], perChunk = 4 } = options;
  const message = cropOf({ key, size });
  const crops = fills.map((fill) => new Uint8Array(size * size * 3).fill(fill));
  const pixels = Array.from({ length: Math.ceil(crops.length / perChunk) }, (_, chunk) =>
    Uint8Array.from(Buffer.concat(crops.slice(chunk * perChunk, (chunk + 1) * perChunk))),
  );
  return {
    ...message,
    preprocess: preprocessDigest(preprocessWithRegions(tinyPreprocess(size), { maximum })),
    regions: { boxes: options.boxes ?? boxesInRow(fills.length), pixels },
  };
}

export function withRegions(model: Model, maximum = 10): Model {
  return modelWithRegions(model, { maximum });
}
