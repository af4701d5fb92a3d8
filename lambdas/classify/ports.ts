import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { ObjectStore, Queue } from '../../shared/stores/ports.ts';

export interface ClassifyPorts {
  readonly model: Model;
  readonly session: Session;
  /** Maximum crops in a batch. */
  readonly batchSize: number;
  readonly now: () => Date;
  /** Maximum deliveries of a message. After the last, an image that failed gets a row with the reason. */
  readonly maxAttempts: number;
}

export interface WorkerPorts extends ClassifyPorts {
  /** Delivers envelopes: messages are held before their packed crops are read. */
  readonly crops: Pick<Queue<CropEnvelope>, 'receive' | 'acknowledge' | 'setVisibility' | 'visibilitySeconds'>;
  /** Store of packed crops. @default none: all pixels are in the messages */
  readonly objects?: CropReaderPorts['objects'];
  readonly results: ResultsWriter;
}

export interface CropReaderPorts {
  readonly objects: Pick<ObjectStore, 'readRange'>;
}
