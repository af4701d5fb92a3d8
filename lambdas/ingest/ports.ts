import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { DecodePool } from '../../shared/images/decode/decode-pool.ts';
import type { DecodeLimits } from '../../shared/images/decode/identify.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import type { StoreLocation } from '../../shared/stores/keys.ts';
import type { ObjectStore, Queue, ResultsWriter } from '../../shared/stores/ports.ts';

/** What ingest needs of the world. */
export interface IngestPorts {
  readonly objects: ObjectStore;
  readonly crops: Pick<Queue<CropMessage>, 'send'>;
  readonly results: ResultsWriter;
  /** The part of the model that ingest needs: its identity and its rule for crops. */
  readonly model: { readonly id: string; readonly preprocess: string; readonly rule: Preprocess };
  /** Where the pipeline itself writes: what lies there is never ingested. */
  readonly outputs: readonly StoreLocation[];
  /** Prefix that the images were asked for by; empty where events tell of them. */
  readonly requestedPrefix: string;
  readonly limits: DecodeLimits & { readonly maxBytes: number };
  readonly pool: DecodePool;
  /** Deliveries after which a message is not tried again, so that its images get a row with the last reason. */
  readonly maxAttempts: number;
  readonly now: () => Date;
  /** Runs a stage of a batch and notes how long it took, see `untraced`. */
  readonly trace: <T>(stage: 'crops' | 'send' | 'store', work: () => Promise<T>) => Promise<T>;
}

/** Notes nothing. */
export const untraced: IngestPorts['trace'] = (_, work) => work();
