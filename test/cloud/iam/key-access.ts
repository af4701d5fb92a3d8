import { z } from 'zod';
import { resourcesOf, type Template } from '../template/read-template.ts';
import type { Resolve } from '../template/resolve-intrinsics.ts';
import type { Access, Names } from './request-to-action.ts';

/** ARNs of the KMS keys that encrypt buckets and queues, by ARN. */
export type Keys = ReadonlyMap<string, string>;

const bucketSchema = z.looseObject({
  BucketEncryption: z
    .object({
      ServerSideEncryptionConfiguration: z.tuple([
        z.looseObject({
          ServerSideEncryptionByDefault: z.object({ SSEAlgorithm: z.string(), KMSMasterKeyID: z.string().optional() }),
        }),
      ]),
    })
    .optional(),
});

/** The keys that a template gives its buckets and queues. */
export function keysOf(template: Template, resolve: Resolve): Map<string, string> {
  const keys = new Map<string, string>();
  const arnOf = (id: string) => String(resolve({ 'Fn::GetAtt': [id, 'Arn'] }));
  for (const { id, Properties } of resourcesOf(template, 'AWS::S3::Bucket')) {
    const { BucketEncryption } = bucketSchema.parse(resolve(Properties));
    const key = BucketEncryption?.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID;
    if (key !== undefined) keys.set(arnOf(id), key);
  }
  for (const { id, Properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
    const { KmsMasterKeyId } = z.looseObject({ KmsMasterKeyId: z.string().optional() }).parse(resolve(Properties));
    if (KmsMasterKeyId !== undefined) keys.set(arnOf(id), KmsMasterKeyId);
  }
  return keys;
}

/** What S3 and SQS ask of KMS, by their own action. */
const keyActions: Readonly<Record<string, readonly string[]>> = {
  's3:GetObject': ['kms:Decrypt'],
  's3:GetObjectVersion': ['kms:Decrypt'],
  's3:PutObject': ['kms:GenerateDataKey'],
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
};

/** What the service asks of KMS for an access, in the name of the same principal. */
export function keyAccesses(
  { action, resource, isMultipart = false }: Access,
  keys: Keys,
  { region, account }: Names,
): Access[] {
  const owner = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? '') : resource;
  const key = keys.get(owner);
  if (key === undefined) return [];
  const service = action.split(':')[0] ?? '';
  const context = {
    'kms:CallerAccount': account,
    'kms:ViaService': `${service}.${region}.amazonaws.com`,
    // With a bucket key, S3 encrypts for the bucket instead of each object.
    ...(service === 's3' ? { 'kms:EncryptionContext:aws:s3:arn': owner } : {}),
  };
  // S3 reads the parts of an upload again to make the object.
  const names = [...(keyActions[action] ?? []), ...(isMultipart ? ['kms:Decrypt'] : [])];
  return names.map((name) => ({ action: name, resource: key, context }));
}
