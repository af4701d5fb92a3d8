import { Aspects, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Services that publish to the alarm topic. */
const publishers = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com', 'events.amazonaws.com'];

/**
 * The customer-managed key for everything that is stored: images, crops, results, models, messages, alarms and logs; only
 * access logs, for which S3 supports no such key, and the disks of workers, which hold nothing after a restart, have keys
 * of AWS. The account grants its use; services of AWS may use it for this account only.
 */
export function makePipelineKey(scope: Construct, id: string, { stage }: Settings): Key {
  const { account, region, partition } = Stack.of(scope);
  const key = new Key(scope, id, {
    alias: `inception-batch-${stage}`,
    description: `Everything that inception-batch ${stage} stores`,
    enableKeyRotation: true,
    // Without it, nothing that it has encrypted can ever be read again, such as buckets that outlive the pipeline.
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const allow = (service: string, conditions: Record<string, Record<string, unknown>>) =>
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(service)],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions,
      }),
    );
  // S3 sends notifications to encrypted queues. Not every service names the account for which it acts.
  for (const service of ['s3.amazonaws.com', ...publishers]) {
    allow(service, { StringEqualsIfExists: { 'aws:SourceAccount': account } });
  }
  const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:*`;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      // As CloudWatch Logs asks for them.
      actions: ['Encrypt*', 'Decrypt*', 'ReEncrypt*', 'GenerateDataKey*', 'Describe*'].map((name) => `kms:${name}`),
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  );
  Aspects.of(scope).add({
    visit(node) {
      if (node instanceof CfnLogGroup && node.kmsKeyId === undefined) node.kmsKeyId = key.keyArn;
    },
  });
  return key;
}
