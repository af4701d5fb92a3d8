import { Duration } from 'aws-cdk-lib';
import { type DeadLetterQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  classifyTimeoutSeconds,
  ingestTimeoutSeconds,
  jobsTimeoutSeconds,
  maxAttempts,
  visibilitySeconds,
  workerVisibilitySeconds,
} from '../shared/deployment/defaults.ts';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

/** The maximum of SQS. */
const maxRetention = Duration.days(14);

/** The queues of uploads, crops and new parts, each with its dead-letter queue. */
export class Queues extends Construct {
  readonly uploads: Queue;
  readonly uploadsDeadLetters: Queue;
  readonly crops: Queue;
  readonly cropsDeadLetters: Queue;
  readonly parts: Queue;
  readonly partsDeadLetters: Queue;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const retentionPeriod = Duration.days(settings.messageDays);
    this.uploadsDeadLetters = this.#deadLetters('UploadsDeadLetters', maxRetention);
    this.uploads = this.#queue('Uploads', {
      retentionPeriod: maxRetention,
      visibilityTimeout: Duration.seconds(visibilitySeconds(ingestTimeoutSeconds)),
      deadLetterQueue: this.#redrive(this.uploadsDeadLetters),
    });
    // As long as crops are kept: packed crops are deleted once no message can refer to them.
    this.cropsDeadLetters = this.#deadLetters('CropsDeadLetters', retentionPeriod);
    this.crops = this.#queue('Crops', {
      retentionPeriod,
      visibilityTimeout: Duration.seconds(
        settings.classifier === 'lambda' ? visibilitySeconds(classifyTimeoutSeconds) : workerVisibilitySeconds,
      ),
      deadLetterQueue: this.#redrive(this.cropsDeadLetters),
    });
    this.partsDeadLetters = this.#deadLetters('PartsDeadLetters', maxRetention);
    this.parts = this.#queue('Parts', {
      retentionPeriod: maxRetention,
      visibilityTimeout: Duration.seconds(visibilitySeconds(jobsTimeoutSeconds)),
      deadLetterQueue: this.#redrive(this.partsDeadLetters),
    });
  }

  #queue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...props });
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
