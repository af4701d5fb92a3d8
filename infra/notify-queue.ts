import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BucketNotificationDestinationType,
  EventType,
  type IBucket,
  type IBucketNotificationDestination,
} from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { watchedEvents } from '../lambdas/watch/missing-notifications.ts';
import { resultsPrefix } from '../shared/stores/keys.ts';
import type { Buckets } from './buckets.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** Notifies the uploads queue of uploaded and deleted objects, and the parts queue of new parts of the results. */
export function notifyQueues({ drop, results }: Buckets, { uploads, parts }: Queues, { dropPrefix }: Settings): void {
  const destination = notifyQueue(uploads);
  const filters = dropPrefix === undefined ? [] : [{ prefix: dropPrefix }];
  // The watch function checks that the bucket still sends them.
  const watched: readonly string[] = watchedEvents;
  for (const event of Object.values(EventType)) {
    if (watched.includes(event)) drop.addEventNotification(event, destination, ...filters);
  }
  results.addEventNotification(EventType.OBJECT_CREATED, notifyQueue(parts), {
    prefix: resultsPrefix,
    suffix: '.parquet',
  });
}

/**
 * A queue that S3 notifies, from one bucket of one account only: after a bucket was deleted, another account may create
 * one with its name. (The CDK's own destination names the bucket only, and allows reading the queue's attributes.)
 */
function notifyQueue(queue: IQueue): IBucketNotificationDestination {
  return {
    bind(_: Construct, bucket: IBucket) {
      queue.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('s3.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [queue.queueArn],
          conditions: {
            ArnEquals: { 'aws:SourceArn': bucket.bucketArn },
            StringEquals: { 'aws:SourceAccount': bucket.env.account },
          },
        }),
      );
      return { arn: queue.queueArn, type: BucketNotificationDestinationType.QUEUE, dependencies: [queue] };
    },
  };
}
