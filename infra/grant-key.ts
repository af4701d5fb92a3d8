import { Stack } from 'aws-cdk-lib';
import { type IGrantable, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Lets an identity read the objects of an existing bucket that a key encrypts, and nothing else that the key encrypts: only
 * through S3, and only with this bucket as the encryption context, which is the bucket's ARN with bucket keys and the
 * object's without. The key's own policy must allow the account to grant its use, as the default policy does.
 */
export function grantDecrypt(identity: IGrantable, keyArn: string, bucket: IBucket): void {
  grantInBucket(identity, ['kms:Decrypt'], keyArn, bucket);
}

/** Lets an identity upload to such a bucket. S3 reads the parts of an upload again to complete it. */
export function grantEncrypt(identity: IGrantable, keyArn: string, bucket: IBucket): void {
  grantInBucket(identity, ['kms:GenerateDataKey', 'kms:Decrypt'], keyArn, bucket);
}

function grantInBucket(identity: IGrantable, actions: string[], keyArn: string, bucket: IBucket): void {
  identity.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions,
      resources: [keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': viaService(bucket, 's3') },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket.bucketArn, bucket.arnForObjects('*')] },
      },
    }),
  );
}

/** Lets a role read and write what the key of the pipeline encrypts, through S3 and SQS only. */
export function grantKey(role: IRole, key: IKey | undefined): void {
  if (key === undefined) return;
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': ['s3', 'sqs'].map((service) => viaService(key, service)) } },
    }),
  );
}

function viaService(scope: IBucket | IKey, service: string): string {
  const { region, urlSuffix } = Stack.of(scope);
  return `${service}.${region}.${urlSuffix}`;
}
