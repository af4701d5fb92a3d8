import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { DecodeLimits } from '../../shared/decode/identify.ts';
import type { Preprocess } from '../../shared/model-manifest.ts';
import type { ObjectStore, Queue, ResultsWriter } from '../../shared/ports.ts';

/** What ingest needs of the world. */
export interface IngestPorts {
  readonly objects: ObjectStore;
  readonly crops: Queue<CropMessage>;
  readonly results: ResultsWriter;
  /** The part of the model that ingest needs: its identity and its rule for crops. */
  readonly model: { readonly id: string; readonly preprocess: string; readonly rule: Preprocess };
  readonly limits: DecodeLimits & { readonly maxBytes: number };
  /** Images decoded at the same time. */
  readonly concurrency: number;
  /** Deliveries after which a message is not tried again, so that its images get a row with the last reason. */
  readonly maxAttempts: number;
  readonly now: () => Date;
}
