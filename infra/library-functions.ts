import { DefaultStackSynthesizer, type Stack } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { acknowledge } from './acknowledge.ts';
import { findingName } from './grant.ts';

const basicExecution =
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]';

/** Actions that the CDK grants to its function that copies files into a bucket. */
const copyActions = ['s3:GetBucket*', 's3:GetObject*', 's3:List*', 's3:Abort*', 's3:DeleteObject*'];

/**
 * Acknowledges cdk-nag findings about functions that the CDK creates itself, by the beginnings of their ids: they set bucket
 * notifications, copy the model, start the image scan and empty destroyed buckets. They only run during a deployment.
 */
export function acknowledgeLibraryFunctions(stack: Stack, { models }: { readonly models: Bucket }): void {
  const [account, region] = [stack.account, stack.region];
  const assets = `cdk-${DefaultStackSynthesizer.DEFAULT_QUALIFIER}-assets-${account}-${region}/*`;
  const copiedArns = [
    models.arnForObjects('*'),
    stack.formatArn({ service: 's3', region: '', account: '', resource: assets }),
  ];
  const reason = 'The CDK copies the model from its assets bucket into the models bucket.';
  const reasons = {
    [basicExecution]: 'The CDK attaches it to its own function, which only runs during a deployment.',
    'AwsSolutions-IAM5[Resource::*]': 'The CDK allows its function to set the notifications of any bucket.',
    'AwsSolutions-L1': 'The CDK chooses the runtime of its own function.',
    ...Object.fromEntries(copyActions.map((action) => [`AwsSolutions-IAM5[Action::${action}]`, reason])),
    ...Object.fromEntries(copiedArns.map((arn) => [`AwsSolutions-IAM5[Resource::${findingName(stack, arn)}]`, reason])),
  };
  for (const child of stack.node.children) {
    if (/^(BucketNotificationsHandler|Custom::|AWS679f53fac002430cb0da5b7982bd2287)/.test(child.node.id))
      acknowledge(child, reasons);
  }
}
