import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { preprocessDigest } from '../../shared/models/model-manifest.ts';
import { tinyPreprocess } from './tiny-model.ts';

/** A crop of one shade for the tiny model. */
export function cropOf({ key = 'a.jpg', fill = 0, size = 32 } = {}): CropMessage {
  const rule = tinyPreprocess(size);
  return {
    image: { bucket: 'drop', key, etag: `etag-of-${key}` },
    job: 'test',
    width: 64,
    height: 48,
    format: 'jpeg',
    bytes: 1000,
    preprocess: preprocessDigest(rule),
    eventTime: new Date('2026-01-02T03:04:05Z'),
    ingestedAt: new Date('2026-01-02T03:04:06Z'),
    tensor: {
      count: 1,
      height: size,
      width: size,
      scale: rule.scale,
      zeroPoint: rule.mean,
      pixels: new Uint8Array(size * size * 3).fill(fill),
    },
  };
}
