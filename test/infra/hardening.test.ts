import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { statements } from './statements.ts';
import { model, resources, type Synthesized, synthesize, variants } from './synthesize.ts';

const gpu = synthesize({ model });
const account = { Ref: 'AWS::AccountId' };

/** The operator by service and role: strict only where the service is documented to name the account. */
const trusts: readonly [role: RegExp, operator: string][] = [
  [/^ecs-tasks\S+ WorkersTaskDefinitionExecutionRole/, 'StringEqualsIfExists'],
  [/^ecs-tasks\S+ WorkersTaskDefinitionTaskRole/, 'StringEquals'],
  [/^vpc-flow-logs/, 'StringEquals'],
  [/^lambda/, 'StringEqualsIfExists'],
  [/^application-autoscaling/, 'StringEqualsIfExists'],
];

describe('a change of ingest', () => {
  it('neither waits for the service of the workers nor replaces them: neither refers to the other', () => {
    expect(neededBy(gpu, /^IngestFunction/)).not.toContainEqual(expect.stringMatching(/^WorkersService/));
    expect(neededBy(gpu, /^WorkersService/)).not.toContainEqual(expect.stringMatching(/^Ingest/));
  });
});

describe('ingest', () => {
  it('may change the number of workers, and neither their task nor open a shell in it', () => {
    const [update] = statements(gpu).filter(({ Action }) => Action === 'ecs:UpdateService');
    expect(update?.Condition).toEqual({
      ArnLikeIfExists: {
        'ecs:task-definition': expect.objectContaining({ 'Fn::Join': expect.anything() }),
      },
      StringNotEqualsIfExists: { 'ecs:enable-execute-command': 'true' },
    });
    const [task] = resources(gpu, 'AWS::ECS::TaskDefinition');
    expect(JSON.stringify(update?.Condition)).toContain(`:task-definition/${String(task?.Properties['Family'])}:*`);
  });

  it('may decrypt the objects of an existing bucket only: through S3, with the bucket as context', () => {
    const made = synthesize(variants['over an encrypted bucket, with a budget']);
    const [decrypt, ...others] = statements(made).filter(({ Action }) => [Action].flat().includes('kms:Decrypt'));
    expect(others).toEqual([]);
    expect(decrypt?.id).toMatch(/^IngestFunctionRole/);
    expect(decrypt?.Resource).toBe('arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef');
    const condition = JSON.stringify(decrypt?.Condition);
    expect(condition).toMatch(/"kms:ViaService":.*"s3\./);
    expect(condition).toMatch(/"kms:EncryptionContext:aws:s3:arn":\[.*:s3:::my-photos.*:s3:::my-photos\/\*/);
  });
});

describe.each(Object.entries(variants))('in a pipeline %s', (_, settings) => {
  const made = synthesize(settings);

  it('services act for this account only, where they say for which', () => {
    for (const { id, Properties } of resources(made, 'AWS::IAM::Role')) {
      const [{ Principal, Condition }] = trustSchema.parse(Properties).AssumeRolePolicyDocument.Statement;
      // Roles of the CDK's own functions, which only run during a deployment; EC2 names no account.
      if (/^(Custom|BucketNotificationsHandler|AWS679)/.test(id) || Principal.Service === 'ec2.amazonaws.com') continue;
      const [, operator] = trusts.find(([role]) => role.test(`${Principal.Service} ${id}`)) ?? [];
      expect(Condition, id).toEqual({ [String(operator)]: { 'aws:SourceAccount': account } });
    }
    const senders = resources(made, 'AWS::SQS::QueuePolicy').flatMap(
      ({ Properties }) => policySchema.parse(Properties).PolicyDocument.Statement,
    );
    const allowed = senders.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(2);
    for (const { Action, Condition } of allowed) {
      expect(Action).toBe('sqs:SendMessage');
      expect(Condition).toEqual({
        ArnEquals: { 'aws:SourceArn': expect.anything() },
        StringEquals: { 'aws:SourceAccount': account },
      });
    }
  });

  it('every function has a log group that expires', () => {
    for (const { id, Properties } of resources(made, 'AWS::Lambda::Function')) {
      const { LoggingConfig } = loggingSchema.parse(Properties);
      const group = made.find((resource) => resource.id === LoggingConfig.LogGroup.Ref);
      expect(group?.Properties['RetentionInDays'], id).toBe(30);
    }
  });
});

describe('production', () => {
  const bucketSchema = z.looseObject({
    VersioningConfiguration: z.object({ Status: z.string() }).optional(),
    LifecycleConfiguration: z.object({
      Rules: z.array(
        z.looseObject({
          Prefix: z.string().optional(),
          NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.number() }).optional(),
        }),
      ),
    }),
  });

  it('keeps deleted results and models for a month, and expired crops for a day', () => {
    const made = synthesize(variants['for production']);
    for (const kind of ['Results', 'Models']) {
      const bucket = resources(made, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(`Buckets${kind}`));
      const { VersioningConfiguration, LifecycleConfiguration } = bucketSchema.parse(bucket?.Properties);
      expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
      const days = LifecycleConfiguration.Rules.flatMap(({ Prefix = '', NoncurrentVersionExpiration }) =>
        NoncurrentVersionExpiration ? [[Prefix, NoncurrentVersionExpiration.NoncurrentDays]] : [],
      );
      const expiring = [
        ['packed/', 1],
        ['athena/', 1],
      ];
      expect(days).toEqual([['', 30], ...(kind === 'Results' ? expiring : [])]);
    }
    for (const { Properties } of resources(gpu, 'AWS::S3::Bucket')) {
      expect(Properties).not.toHaveProperty('VersioningConfiguration');
    }
  });
});

describe('a customer-managed key', () => {
  const made = synthesize(variants['with a customer-managed key']);
  const [key] = resources(made, 'AWS::KMS::Key');
  const arn = { 'Fn::GetAtt': [key?.id, 'Arn'] };

  it('encrypts all buckets but the access logs, all queues, the topic and all logs', () => {
    const encrypted = (type: string) =>
      resources(made, type).filter(({ Properties }) => JSON.stringify(Properties).includes(JSON.stringify(arn)));
    const others = (type: string) =>
      resources(made, type)
        .filter((resource) => !encrypted(type).includes(resource))
        .map(({ id }) => id);
    expect(others('AWS::S3::Bucket')).toEqual([expect.stringMatching(/^BucketsAccessLogs/)]);
    expect(others('AWS::SQS::Queue')).toEqual([]);
    expect(others('AWS::SNS::Topic')).toEqual([]);
    expect(others('AWS::Logs::LogGroup')).toEqual([]);
    expect(encrypted('AWS::Athena::WorkGroup')).toHaveLength(1);
    expect(key?.Properties['EnableKeyRotation']).toBe(true);
    expect(key?.DeletionPolicy).toBe('Retain');
  });

  it('may be used by the services that need it, and by the roles that read and write', () => {
    const policy = JSON.stringify(key?.Properties['KeyPolicy']);
    for (const service of ['s3', 'cloudwatch', 'budgets', 'events'])
      expect(policy).toContain(`${service}.amazonaws.com`);
    expect(policy).toContain('kms:EncryptionContext:aws:logs:arn');
    const using = statements(made).filter(({ Action }) => [Action].flat().includes('kms:GenerateDataKey'));
    const names = using.map(({ id }) => id.replace(/(FunctionRole|DefinitionTaskRole).*/, ''));
    expect(names.toSorted()).toEqual(['Compact', 'Ingest', 'Jobs', 'WorkersTask']);
    for (const { Resource, Condition } of using) {
      expect(Resource).toEqual(arn);
      expect(JSON.stringify(Condition)).toContain('kms:ViaService');
    }
  });
});

const trustSchema = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.tuple([z.object({ Principal: z.object({ Service: z.string() }), Condition: z.unknown().optional() })]),
  }),
});

const policySchema = z.object({
  PolicyDocument: z.object({
    Statement: z.array(z.looseObject({ Effect: z.string(), Action: z.unknown(), Condition: z.unknown() })),
  }),
});

const loggingSchema = z.looseObject({ LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }) });

/** Everything that must be deployed before the resources with these ids: what they refer to, and so on. */
function neededBy(made: Synthesized, ids: RegExp): string[] {
  const byId = new Map(made.map((resource) => [resource.id, resource]));
  const found = new Set(made.filter(({ id }) => ids.test(id)).map(({ id }) => id));
  for (const id of found) {
    const text = JSON.stringify(byId.get(id));
    for (const other of byId.keys()) if (text.includes(`"${other}"`)) found.add(other);
  }
  return [...found];
}
