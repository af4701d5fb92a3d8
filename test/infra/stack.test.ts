import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { packedPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import type { StageSettings } from './run-app.ts';
import { environments, statements } from './statements.ts';
import { model, resources, type Synthesized, synthesize, variants } from './synthesize.ts';

const queueSchema = z.object({
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  SqsManagedSseEnabled: z.boolean().optional(),
  KmsMasterKeyId: z.unknown().optional(),
  RedrivePolicy: z.object({ maxReceiveCount: z.number(), deadLetterTargetArn: z.unknown() }).optional(),
});
const sourceSchema = z.object({
  FunctionName: z.object({ Ref: z.string() }),
  EventSourceArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }),
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()),
  Enabled: z.boolean().optional(),
});
const notificationsSchema = z.object({
  BucketName: z.unknown(),
  NotificationConfiguration: z.object({ QueueConfigurations: z.array(z.unknown()) }),
});
/** Actions that cannot be restricted to a resource, or that others restrict. */
const unrestrictedActions = [
  /^xray:(PutTraceSegments|PutTelemetryRecords)$/,
  /^ecr:GetAuthorizationToken$/,
  /^ecs:DiscoverPollEndpoint$/,
  // The ECS agent writes the logs of all tasks on its instance.
  /^logs:(CreateLogStream|PutLogEvents)$/,
  // A function of the CDK, which runs only during a deployment.
  /^s3:PutBucketNotification$/,
];

describe.each(Object.entries(variants))('a pipeline %s', (_, settings) => {
  const made = synthesize(settings);

  it('moves a message to the dead-letter queue after its last attempt', () => {
    const queues = queuesOf(made);
    const working = queues.filter(({ RedrivePolicy }) => RedrivePolicy !== undefined);
    expect(working.map(({ RedrivePolicy }) => RedrivePolicy?.maxReceiveCount)).toEqual(Array(3).fill(maxAttempts));
    for (const { RedrivePolicy } of working) {
      const target = z.object({ 'Fn::GetAtt': z.array(z.string()) }).parse(RedrivePolicy?.deadLetterTargetArn);
      expect(queues.map(({ id }) => id)).toContain(target['Fn::GetAtt'][0]);
    }
    expect(environments(made).filter(({ MAX_ATTEMPTS }) => MAX_ATTEMPTS !== undefined)).toMatchObject([
      { MAX_ATTEMPTS: String(maxAttempts) },
    ]);
  });

  it('hides messages for six times the timeout of their function, plus the time in which a batch is collected', () => {
    const sources = resources(made, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) =>
      sourceSchema.parse(Properties),
    );
    expect(sources).toHaveLength(settings.classifier === 'lambda' ? 3 : 2);
    for (const { FunctionName, EventSourceArn, MaximumBatchingWindowInSeconds: window } of sources) {
      const queue = queuesOf(made).find(({ id }) => id === EventSourceArn['Fn::GetAtt'][0]);
      const source = resources(made, 'AWS::Lambda::Function').find(({ id }) => id === FunctionName.Ref);
      const { Timeout } = z.object({ Timeout: z.number() }).parse(source?.Properties);
      expect(queue?.VisibilityTimeout).toBe(6 * Timeout + Number(window));
    }
  });

  it('accepts partial batch responses, and has a window for large batches', () => {
    for (const { Properties } of resources(made, 'AWS::Lambda::EventSourceMapping')) {
      const source = sourceSchema.parse(Properties);
      expect(source.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      if (source.BatchSize > 10) expect(source.MaximumBatchingWindowInSeconds).toBeGreaterThan(0);
    }
  });

  it('denies access to queues, buckets and the topic without TLS', () => {
    const kinds = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic'];
    const policies = ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
      resources(made, type).map(({ Properties }) => JSON.stringify(Properties)),
    );
    const guarded = policies.filter(
      (text) => text.includes('"aws:SecureTransport":"false"') && text.includes('"Deny"'),
    );
    for (const { id } of kinds.flatMap((type) => resources(made, type))) {
      expect(
        guarded.some((text) => text.includes(id)),
        id,
      ).toBe(true);
    }
  });

  it('encrypts stored data and blocks public access', () => {
    for (const { SqsManagedSseEnabled, KmsMasterKeyId } of queuesOf(made)) {
      expect(SqsManagedSseEnabled ?? KmsMasterKeyId).toBeTruthy();
    }
    for (const { Properties } of resources(made, 'AWS::S3::Bucket')) {
      expect(Properties).toMatchObject({
        BucketEncryption: expect.anything(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
    }
    const volumes = resources(made, 'AWS::EC2::LaunchTemplate').flatMap(({ Properties }) => volumesOf(Properties));
    expect(volumes).toHaveLength(resources(made, 'AWS::ECS::Service').length);
    for (const { Ebs } of volumes) expect(Ebs.Encrypted).toBe(true);
  });

  it('lets CloudWatch publish alarms of this account only', () => {
    const policies = resources(made, 'AWS::SNS::TopicPolicy').map(({ Properties }) => JSON.stringify(Properties));
    expect(
      policies.some((text) => text.includes('cloudwatch.amazonaws.com') && text.includes('aws:SourceAccount')),
    ).toBe(true);
  });

  it('keeps every log for the given number of days', () => {
    const logs = resources(made, 'AWS::Logs::LogGroup');
    expect(logs.length).toBeGreaterThan(0);
    for (const { Properties } of logs) expect(Properties['RetentionInDays']).toBe(30);
  });

  it('grants actions on all resources only where they cannot be restricted', () => {
    for (const { id, Effect, Action, Resource, Condition } of statements(made)) {
      // A condition on the cluster restricts as well as a resource does.
      if (JSON.stringify(Condition)?.includes('ecs:cluster')) continue;
      if (Effect !== 'Allow' || ![Resource].flat().includes('*')) continue;
      for (const action of [Action].flat())
        expect(
          unrestrictedActions.some((known) => known.test(action)),
          `${id} ${action}`,
        ).toBe(true);
    }
  });

  it('grants no action patterns, except those that the CDK writes', () => {
    const patterns = statements(made).flatMap(({ id, Action }) =>
      [Action]
        .flat()
        .filter((action) => action.includes('*'))
        .map((action) => `${action} ${id}`),
    );
    const ours = patterns.filter((pattern) => !/ Custom(S3Auto|CDKBucket)/.test(pattern));
    expect(ours.map((pattern) => pattern.split(' ')[0])).toEqual(
      settings.classifier === 'lambda' ? [] : ['ecs:Submit*'],
    );
  });

  it('has a NAT gateway or interface endpoints only if they are chosen', () => {
    expect(resources(made, 'AWS::EC2::NatGateway')).toHaveLength(settings.egress === 'nat' ? 1 : 0);
    const endpoints = resources(made, 'AWS::EC2::VPCEndpoint').filter(
      ({ Properties }) => Properties['VpcEndpointType'] === 'Interface',
    );
    expect(endpoints.length > 0).toBe(settings.egress === 'endpoints');
  });

  it('expires packed crops and query results, never results', () => {
    const results = resources(made, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('BucketsResults'));
    const lifecycle = z
      .object({
        LifecycleConfiguration: z.object({
          Rules: z.array(z.looseObject({ Prefix: z.string().optional(), ExpirationInDays: z.number().optional() })),
        }),
      })
      .parse(results?.Properties);
    const expiring = lifecycle.LifecycleConfiguration.Rules.filter(
      ({ ExpirationInDays }) => ExpirationInDays !== undefined,
    );
    expect(expiring.map(({ Prefix, ExpirationInDays }) => ({ Prefix, ExpirationInDays }))).toEqual([
      { Prefix: packedPrefix, ExpirationInDays: 5 },
      { Prefix: 'athena/', ExpirationInDays: 7 },
    ]);
    expect(expiring.some(({ Prefix = '' }) => resultsPrefix.startsWith(Prefix))).toBe(false);
  });

  it('writes results and packed crops to a bucket that only notifies of new parts', () => {
    const notified = resources(made, 'Custom::S3BucketNotifications').map(({ Properties }) =>
      notificationsSchema.parse(Properties),
    );
    const [ofResults, ...others] = notified.toSorted((one) => (bucketOf(one).startsWith('BucketsResults') ? -1 : 1));
    expect(others).toHaveLength(1);
    for (const other of others) expect(bucketOf(other)).not.toContain('BucketsResults');
    expect(ofResults?.NotificationConfiguration.QueueConfigurations).toEqual([
      {
        Events: ['s3:ObjectCreated:*'],
        Filter: {
          Key: {
            FilterRules: [
              { Name: 'suffix', Value: '.parquet' },
              { Name: 'prefix', Value: resultsPrefix },
            ],
          },
        },
        QueueArn: { 'Fn::GetAtt': [expect.stringMatching(/^QueuesParts(?!DeadLetters)/), 'Arn'] },
      },
    ]);
    for (const { RESULTS } of environments(made)) expect(JSON.stringify(RESULTS)).toContain('BucketsResults');
  });
});

describe('a paused deployment', () => {
  it('leaves uploads in their queue and classifies the remaining crops', () => {
    const sources = resources(
      synthesize({ model, classifier: 'lambda', paused: true }),
      'AWS::Lambda::EventSourceMapping',
    );
    const enabled = sources.map(({ Properties }) => {
      const { EventSourceArn, Enabled = true } = sourceSchema.parse(Properties);
      return [EventSourceArn['Fn::GetAtt'][0].replace(/^Queues|[0-9A-F]{8}$/g, ''), Enabled];
    });
    expect(Object.fromEntries(enabled)).toEqual({ Uploads: false, Crops: true, Parts: true });
  });
});

describe('a deployment for production', () => {
  it('keeps its buckets and logs when it is destroyed; others delete them', () => {
    const types = ['AWS::S3::Bucket', 'AWS::Logs::LogGroup'];
    const policies = (settings: StageSettings) =>
      new Set(
        types.flatMap((type) => resources(synthesize(settings), type).map(({ DeletionPolicy }) => DeletionPolicy)),
      );
    expect(policies({ model, stage: 'prod' })).toEqual(new Set(['Retain']));
    expect(policies({ model })).toEqual(new Set(['Delete']));
  });
});

function bucketOf({ BucketName }: z.output<typeof notificationsSchema>): string {
  return z.union([z.string(), z.object({ Ref: z.string() }).transform(({ Ref }) => Ref)]).parse(BucketName);
}

function queuesOf(made: Synthesized) {
  return resources(made, 'AWS::SQS::Queue').map(({ id, Properties }) => ({ id, ...queueSchema.parse(Properties) }));
}

function volumesOf(properties: Record<string, unknown>) {
  const schema = z.object({
    LaunchTemplateData: z.object({
      BlockDeviceMappings: z.array(z.object({ Ebs: z.object({ Encrypted: z.boolean() }) })),
    }),
  });
  return schema.parse(properties).LaunchTemplateData.BlockDeviceMappings;
}
