import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BucketNotificationDestinationType,
  type IBucket,
  type IBucketNotificationDestination,
} from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * A queue that S3 notifies, from one bucket of one account only: after a bucket was deleted, another account may create
 * one with its name. (The CDK's own destination names the bucket only, and allows reading the queue's attributes.)
 */
export function notifyQueue(queue: IQueue): IBucketNotificationDestination {
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
