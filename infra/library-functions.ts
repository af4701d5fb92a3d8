import { CfnResource, DefaultStackSynthesizer, type Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { findingName } from './grant.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

const basicExecution =
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]';

/** Actions that the CDK grants to its function that copies files into a bucket. */
const copyActions = [
  ...['s3:GetBucket*', 's3:GetObject*', 's3:List*', 's3:Abort*', 's3:DeleteObject*'],
  ...['kms:GenerateDataKey*', 'kms:ReEncrypt*'],
];

/**
 * Acknowledges cdk-nag findings about functions that the CDK creates itself, by the beginnings of their ids: they set bucket
 * notifications, copy the model, start the image scan and empty destroyed buckets. They only run during a deployment.
 */
export function acknowledgeLibraryFunctions(stack: Stack, { models }: { readonly models: Bucket }): void {
  const [account, region] = [stack.account, stack.region];
  const qualifier = stack.synthesizer.bootstrapQualifier ?? DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  const assets = `cdk-${qualifier}-assets-${account}-${region}/*`;
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
  for (const child of libraryFunctions(stack)) acknowledge(child, reasons);
}

/**
 * Gives each function of the CDK that has none a log group with a retention; Lambda's own log groups never expire.
 * @param key encrypts the log groups
 */
export function keepLibraryLogs(stack: Stack, settings: Settings, key: IKey | undefined): void {
  for (const construct of libraryFunctions(stack)) {
    for (const node of construct.node.findAll()) {
      if (!(node instanceof CfnResource) || node.cfnResourceType !== 'AWS::Lambda::Function') continue;
      // A second pipeline in the stack shares the function; some have a log group.
      if (construct.node.tryFindChild('Log') || node instanceof CfnFunction) continue;
      node.addPropertyOverride('LoggingConfig.LogGroup', makeLogGroup(construct, 'Log', settings, key).logGroupName);
    }
  }
}

/** The constructs of functions that the CDK shares in a stack. */
function libraryFunctions(stack: Stack): Construct[] {
  const names = /^(BucketNotificationsHandler|Custom::|AWS679f53fac002430cb0da5b7982bd2287)/;
  return stack.node.children.filter((child) => child instanceof Construct).filter(({ node }) => names.test(node.id));
}
