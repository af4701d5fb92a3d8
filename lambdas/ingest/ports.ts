import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { ImageCropper } from '../../shared/images/cropper/image-cropper.ts';
import type { DecodePool } from '../../shared/images/decode/decode-pool.ts';
import type { DecodeLimits } from '../../shared/images/decode/identify.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { StoreLocation } from '../../shared/stores/keys.ts';
import type { ObjectStore, Queue } from '../../shared/stores/ports.ts';

export interface IngestPorts {
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly crops: Pick<Queue<CropMessage>, 'send'>;
  readonly results: ResultsWriter;
  /** The model's id, its preprocess digest, and how it preprocesses images. */
  readonly model: { readonly id: string; readonly preprocess: string; readonly rule: Preprocess };
  /** Locations that the pipeline writes to: objects there are never ingested. */
  readonly outputs: readonly StoreLocation[];
  /** Prefix that the user named; empty for events of S3, see `SkipOptions`. */
  readonly requestedPrefix: string;
  readonly limits: DecodeLimits & { readonly maxBytes: number };
  readonly pool: DecodePool;
  /** Makes the crops of the model; whoever opens it closes it. */
  readonly cropper: ImageCropper;
  /** Maximum deliveries of a message. After the last, its failed images get a row with the reason. */
  readonly maxAttempts: number;
  readonly now: () => Date;
  /** Runs a stage of a batch and traces how long it takes. */
  readonly trace: <T>(stage: 'crops' | 'send' | 'store', work: () => Promise<T>) => Promise<T>;
}

export const untraced: IngestPorts['trace'] = (_, work) => work();
