import { DefaultStackSynthesizer, type Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { acknowledge } from './acknowledge.ts';
import { findingName } from './allow.ts';

const basicExecution =
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]';

/** Actions that the library allows the function that copies files into a bucket. */
const copying = ['s3:GetBucket*', 's3:GetObject*', 's3:List*', 's3:Abort*', 's3:DeleteObject*'];

/**
 * Has findings pass about functions that the CDK's library makes for itself, by the beginnings of their ids in a stack:
 * one sets the notifications of a bucket, others copy the model, have the image scanned and empty buckets that are
 * destroyed. They run while the stack is deployed, at no other time, and are the library's to change.
 */
export function acknowledgeLibraryFunctions(stack: Stack, { models }: { readonly models: Bucket }): void {
  const [account, region] = [stack.account, stack.region];
  const assets = `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-${account}-${region}/*`;
  const copied = [
    models.arnForObjects('*'),
    stack.formatArn({ service: 's3', region: '', account: '', resource: assets }),
  ];
  const reason = 'The library copies files of a deployment from its assets into the bucket of models.';
  const ways = {
    [basicExecution]: 'The library gives it to its own function, which runs during a deployment alone.',
    'AwsSolutions-IAM5[Resource::*]':
      'The library lets its function set the notifications of any bucket that a stack names.',
    'AwsSolutions-L1': 'The library chooses the runtime of its own function.',
    ...Object.fromEntries(copying.map((action) => [`AwsSolutions-IAM5[Action::${action}]`, reason])),
    ...Object.fromEntries(copied.map((arn) => [`AwsSolutions-IAM5[Resource::${findingName(stack, arn)}]`, reason])),
  };
  for (const child of stack.node.children) {
    if (/^(BucketNotificationsHandler|Custom::|AWS679f53fac002430cb0da5b7982bd2287)/.test(child.node.id))
      acknowledge(child, ways);
  }
}
