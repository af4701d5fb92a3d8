import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { TestAws } from '../support/start-aws.ts';
import { type Assembly, resourcesOf, type Template } from './template/read-template.ts';
import type { Resolve } from './template/resolve-intrinsics.ts';

const queueSchema = z.strictObject({
  VisibilityTimeout: z.int().optional(),
  MessageRetentionPeriod: z.int(),
  SqsManagedSseEnabled: z.boolean().optional(),
  KmsMasterKeyId: z.string().optional(),
  KmsDataKeyReusePeriodSeconds: z.int().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.int() }).optional(),
  QueueName: z.string().optional(),
  Tags: z.unknown().optional(),
});
export async function makeBuckets(
  template: Template,
  resolve: Resolve,
  { s3 }: TestAws,
  existing: readonly string[],
): Promise<void> {
  const made = resourcesOf(template, 'AWS::S3::Bucket').map(({ id }) => String(resolve({ Ref: id })));
  for (const Bucket of [...existing, ...made]) await s3.send(new CreateBucketCommand({ Bucket }));
}

/** Queues with what the template says about redrive, visibility and retention. */
export async function makeQueues(template: Template, resolve: Resolve, { sqs }: TestAws): Promise<void> {
  for (const { id, Properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
    const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = queueSchema.parse(resolve(Properties));
    const QueueName = String(resolve({ 'Fn::GetAtt': [id, 'QueueName'] }));
    const Attributes = {
      MessageRetentionPeriod: String(MessageRetentionPeriod),
      ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout: String(VisibilityTimeout) }),
      ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    };
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  }
}

/** Removes all messages, also those that are in flight. */
export async function purgeQueues(template: Template, resolve: Resolve, { sqs }: TestAws): Promise<void> {
  for (const { id } of resourcesOf(template, 'AWS::SQS::Queue')) {
    await sqs.send(new PurgeQueueCommand({ QueueUrl: String(resolve({ Ref: id })) }));
  }
}

/** Copies the files of models, as the CDK's function does. */
export async function deployModels({ template, files }: Assembly, resolve: Resolve, { s3 }: TestAws): Promise<void> {
  for (const { Properties } of resourcesOf(template, 'Custom::CDKBucketDeployment')) {
    const { SourceObjectKeys, DestinationBucketName, DestinationBucketKeyPrefix } = z
      .looseObject({
        SourceObjectKeys: z.array(z.string()),
        DestinationBucketName: z.string(),
        DestinationBucketKeyPrefix: z.string(),
      })
      .parse(resolve(Properties));
    for (const key of SourceObjectKeys) {
      const folder = files.get(key);
      if (folder === undefined) throw new Error(`the asset ${key} is missing`);
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const Key = `${DestinationBucketKeyPrefix}/${relative(folder, path)}`;
        await s3.send(new PutObjectCommand({ Bucket: DestinationBucketName, Key, Body: readFileSync(path) }));
      }
    }
  }
}
