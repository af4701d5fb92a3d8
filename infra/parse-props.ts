import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { UserError } from '../shared/failures/user-error.ts';
import type { InceptionBatchProps } from './inception-batch-props.ts';
import { parseSettings, type Settings } from './settings.ts';

type CdkObjects = Pick<InceptionBatchProps, 'alarmTopic' | 'dropBucket' | 'vpc' | 'vpcSubnets'>;

/**
 * The settings among the props, with their defaults, and the objects of the CDK.
 * @throws {UserError} one line that says what to give instead
 */
export function parseProps(scope: Construct, props: InceptionBatchProps): CdkObjects & { readonly settings: Settings } {
  const { alarmTopic, dropBucket, vpc, vpcSubnets, ...given } = props;
  if (vpcSubnets && !vpc) throw new UserError('wrong settings: give vpc with vpcSubnets');
  if (dropBucket instanceof Bucket && dropBucket.stack !== Stack.of(scope)) {
    // Each stack would need the other: the bucket notifies the queue, and ingest reads the bucket.
    throw new UserError(
      `wrong settings: dropBucket is created in the stack ${dropBucket.stack.stackName}: create it in this one, or give Bucket.fromBucketName()`,
    );
  }
  const objects = Object.entries({ dropBucket, vpc, vpcSubnets }).filter(([, value]) => value !== undefined);
  const names = objects.map(([name]) => name);
  return { alarmTopic, dropBucket, vpc, vpcSubnets, settings: parseSettings(given, names) };
}
