import { type IngestPorts, untraced } from '../../lambdas/ingest/ports.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { preprocessDigest } from '../../shared/models/model-manifest.ts';
import { tinyPreprocess } from './tiny-model.ts';

/**
 * Ingest ports for the tiny model that discard crops and rows.
 * @param size of the crops, pixels
 * @param maxBytes of a file
 */
export function ingestPorts(
  objects: IngestPorts['objects'],
  { size, maxBytes }: { size: number; maxBytes: number },
): IngestPorts {
  const rule = tinyPreprocess(size);
  const limits = { ...defaultDecodeLimits, maxBytes };
  const pool = decodePool(2, limits);
  return {
    objects,
    crops: { send: async () => [] },
    results: { append: async () => {} },
    model: { id: 'tiny@0', preprocess: preprocessDigest(rule), rule },
    outputs: [],
    requestedPrefix: '',
    limits,
    pool,
    cropper: openCropper({ rule, limits, pool }),
    maxAttempts: 3,
    now: () => new Date(),
    trace: untraced,
  };
}
