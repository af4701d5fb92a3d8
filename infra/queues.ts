import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type DeadLetterQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  classifyTimeoutSeconds,
  classifyWindowSeconds,
  ingestTimeoutSeconds,
  ingestWindowSeconds,
  jobsTimeoutSeconds,
  jobsWindowSeconds,
  maxAttempts,
  visibilitySeconds,
  workerVisibilitySeconds,
} from '../shared/deployment/defaults.ts';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

/** The maximum of SQS. */
const maxRetention = Duration.days(14);
/** Each sender and receiver asks KMS for a new key this often; it is billed per request. */
const dataKeyReuse = Duration.hours(1);

export interface QueuesProps {
  readonly settings: Settings;
  /** Encrypts all queues; otherwise SQS has a key of its own. */
  readonly key: IKey | undefined;
}

/** The queues of uploads, crops and new parts, each with its dead-letter queue. */
export class Queues extends Construct {
  readonly uploads: Queue;
  readonly uploadsDeadLetters: Queue;
  readonly crops: Queue;
  readonly cropsDeadLetters: Queue;
  readonly parts: Queue;
  readonly partsDeadLetters: Queue;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, { settings, key }: QueuesProps) {
    super(scope, id);
    this.#key = key;
    const retentionPeriod = Duration.days(settings.messageDays);
    this.uploadsDeadLetters = this.#deadLetters('UploadsDeadLetters', maxRetention);
    this.uploads = this.#queue('Uploads', {
      retentionPeriod: maxRetention,
      visibilityTimeout: Duration.seconds(visibilitySeconds(ingestTimeoutSeconds, ingestWindowSeconds)),
      deadLetterQueue: this.#redrive(this.uploadsDeadLetters),
    });
    // As long as crops are kept: packed crops are deleted once no message can refer to them.
    this.cropsDeadLetters = this.#deadLetters('CropsDeadLetters', retentionPeriod);
    this.crops = this.#queue('Crops', {
      retentionPeriod,
      visibilityTimeout: Duration.seconds(
        settings.classifier === 'lambda'
          ? visibilitySeconds(classifyTimeoutSeconds, classifyWindowSeconds)
          : workerVisibilitySeconds,
      ),
      deadLetterQueue: this.#redrive(this.cropsDeadLetters),
    });
    this.partsDeadLetters = this.#deadLetters('PartsDeadLetters', maxRetention);
    this.parts = this.#queue('Parts', {
      retentionPeriod: maxRetention,
      visibilityTimeout: Duration.seconds(visibilitySeconds(jobsTimeoutSeconds, jobsWindowSeconds)),
      deadLetterQueue: this.#redrive(this.partsDeadLetters),
    });
  }

  #queue(id: string, props: QueueProps): Queue {
    const encryption = this.#key
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: this.#key, dataKeyReuse }
      : { encryption: QueueEncryption.SQS_MANAGED };
    return new Queue(this, id, { ...encryption, enforceSSL: true, ...props });
  }

  #deadLetters(id: string, retentionPeriod: Duration): Queue {
    const queue = this.#queue(id, { retentionPeriod });
    acknowledge(queue, {
      'AwsSolutions-SQS3': 'This is a dead-letter queue; an alarm watches it.',
    });
    return queue;
  }

  #redrive(queue: Queue): DeadLetterQueue {
    return { queue, maxReceiveCount: maxAttempts };
  }
}
