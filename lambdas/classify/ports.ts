import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ObjectStore, Queue, ResultsWriter } from '../../shared/stores/ports.ts';

/** What classify needs of the world. */
export interface ClassifyPorts {
  readonly model: Model;
  readonly session: Session;
  /** Crops that the network is given at once, at most. */
  readonly batchSize: number;
  readonly now: () => Date;
  /** Deliveries after which a message is not tried again, so that its image gets a row with the last reason. */
  readonly maxAttempts: number;
}

/** What the worker around it needs beside. */
export interface WorkerPorts extends ClassifyPorts {
  /** As they come, so that they are held before anything is read for them. */
  readonly crops: Pick<Queue<CropEnvelope>, 'receive' | 'acknowledge' | 'setVisibility' | 'visibilitySeconds'>;
  /** Where the pixels lie that are not in the messages. @default all of them are */
  readonly objects?: CropReaderPorts['objects'];
  readonly results: ResultsWriter;
}

/** What is needed beside where messages come as texts, whose pixels may lie elsewhere. */
export interface CropReaderPorts {
  readonly objects: Pick<ObjectStore, 'readRange'>;
}
