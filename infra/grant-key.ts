import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

/**
 * Lets a role read the objects of an existing bucket that a key encrypts, and nothing else that the key encrypts: only
 * through S3, and only with this bucket as the encryption context, which is the bucket's ARN with bucket keys and the
 * object's without. The key's own policy must allow the account to grant its use, as the default policy does.
 */
export function grantDecrypt(role: IRole, keyArn: string, bucket: IBucket): void {
  const { region, urlSuffix } = Stack.of(bucket);
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket.bucketArn, bucket.arnForObjects('*')] },
      },
    }),
  );
}
