import { Duration } from 'aws-cdk-lib';
import { type DeadLetterQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

/** Deliveries of a message before it becomes a dead letter; the functions write a row about it on the last. */
export const maxAttempts = 3;

/** What AWS asks of a queue that a function reads: a batch that failed must not come back while it is worked on. */
const visibilityPerTimeout = 6;

/** A worker extends what it holds in good time; what one that was lost had held comes again after this. */
const untilMissed = Duration.minutes(2);

/** The longest that a message can be kept. */
const longest = Duration.days(14);

export interface QueuesProps {
  readonly settings: Settings;
  /** How long the ingest function may take. */
  readonly ingestTimeout: Duration;
  /** How long the function that classifies may take. */
  readonly classifyTimeout: Duration;
  /** How long the function that looks which jobs are complete may take. */
  readonly jobsTimeout: Duration;
}

/** The queues of images and crops and that of new parts of the results, and where what they could not deliver is kept. */
export class Queues extends Construct {
  readonly uploads: Queue;
  readonly uploadsDeadLetters: Queue;
  readonly crops: Queue;
  readonly cropsDeadLetters: Queue;
  readonly parts: Queue;
  readonly partsDeadLetters: Queue;

  constructor(scope: Construct, id: string, { settings, ingestTimeout, classifyTimeout, jobsTimeout }: QueuesProps) {
    super(scope, id);
    const retentionPeriod = Duration.days(settings.messageDays);
    this.uploadsDeadLetters = this.#deadLetters('UploadsDeadLetters', longest);
    this.uploads = this.#queue('Uploads', {
      retentionPeriod: longest,
      visibilityTimeout: times(ingestTimeout, visibilityPerTimeout),
      deadLetterQueue: this.#redrive(this.uploadsDeadLetters),
    });
    // As long as the crops themselves: packed ones are removed when no message can point to them any more.
    this.cropsDeadLetters = this.#deadLetters('CropsDeadLetters', retentionPeriod);
    this.crops = this.#queue('Crops', {
      retentionPeriod,
      visibilityTimeout: settings.classifier === 'lambda' ? times(classifyTimeout, visibilityPerTimeout) : untilMissed,
      deadLetterQueue: this.#redrive(this.cropsDeadLetters),
    });
    this.partsDeadLetters = this.#deadLetters('PartsDeadLetters', longest);
    this.parts = this.#queue('Parts', {
      retentionPeriod: longest,
      visibilityTimeout: times(jobsTimeout, visibilityPerTimeout),
      deadLetterQueue: this.#redrive(this.partsDeadLetters),
    });
  }

  #queue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, ...props });
  }

  #deadLetters(id: string, retentionPeriod: Duration): Queue {
    const queue = this.#queue(id, { retentionPeriod });
    acknowledge(queue, {
      'AwsSolutions-SQS3': 'It is where dead letters are kept: an alarm tells that there are any.',
    });
    return queue;
  }

  #redrive(queue: Queue): DeadLetterQueue {
    return { queue, maxReceiveCount: maxAttempts };
  }
}

function times(duration: Duration, factor: number): Duration {
  return Duration.seconds(duration.toSeconds() * factor);
}
