import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anchorOf } from '../../infra/alarms.ts';
import { maxAttempts } from '../../shared/deployment/defaults.ts';
import { packedPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { environments, statements } from './statements.ts';
import { resources, type Synthesised, synthesise } from './synthesise.ts';

const model = join(temporaryFolder(), 'model');
await writeTinyModel(model);

const variants: Record<string, Record<string, string>> = {
  'with GPU workers': { model },
  'with a function that classifies': { model, classifier: 'lambda' },
  'for production': { model, stage: 'prod' },
  'without a model': {},
  'over a bucket that there is': { model, dropBucket: 'my-photos', dropPrefix: 'in/' },
  'in a VPC that there is': {
    model,
    vpc: 'vpc-0123456789abcdef0',
    subnets: 'subnet-0123456789abcdef0,subnet-0fedcba9876543210',
  },
  'with endpoints': { model, egress: 'endpoints' },
  'with a NAT gateway': { model, egress: 'nat' },
};

const queueSchema = z.object({
  VisibilityTimeout: z.number().optional(),
  MessageRetentionPeriod: z.number(),
  SqsManagedSseEnabled: z.boolean(),
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
/** Resources for which there is no ARN, each by the actions that need them. */
const reasonsForAll = [
  /^xray:(PutTraceSegments|PutTelemetryRecords)$/,
  /^ecr:GetAuthorizationToken$/,
  /^ecs:DiscoverPollEndpoint$/,
  // Of the agent of ECS on an instance, which writes the log of whatever runs there.
  /^logs:(CreateLogStream|PutLogEvents)$/,
  // Of the library's own function, which runs while the stack is deployed.
  /^s3:PutBucketNotification$/,
];

describe.each(Object.entries(variants))('a pipeline %s', (_, settings) => {
  const made = synthesise(settings);

  it('gives every message so many attempts, then keeps it as a dead letter', () => {
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

  it('hides messages for six times as long as a function may take', () => {
    const sources = resources(made, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) =>
      sourceSchema.parse(Properties),
    );
    expect(sources).toHaveLength(settings['classifier'] === 'lambda' ? 3 : 2);
    for (const { FunctionName, EventSourceArn } of sources) {
      const queue = queuesOf(made).find(({ id }) => id === EventSourceArn['Fn::GetAtt'][0]);
      const source = resources(made, 'AWS::Lambda::Function').find(({ id }) => id === FunctionName.Ref);
      const { Timeout } = z.object({ Timeout: z.number() }).parse(source?.Properties);
      expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
    }
  });

  it('takes answers about single messages of a batch, and waits for batches that are large', () => {
    for (const { Properties } of resources(made, 'AWS::Lambda::EventSourceMapping')) {
      const source = sourceSchema.parse(Properties);
      expect(source.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      if (source.BatchSize > 10) expect(source.MaximumBatchingWindowInSeconds).toBeGreaterThan(0);
    }
  });

  it('refuses to talk to queues, buckets and the topic but over TLS', () => {
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

  it('encrypts what it keeps, and lets nobody outside read it', () => {
    for (const { SqsManagedSseEnabled } of queuesOf(made)) expect(SqsManagedSseEnabled).toBe(true);
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

  it('lets CloudWatch tell the topic of alarms, for this account alone', () => {
    const policies = resources(made, 'AWS::SNS::TopicPolicy').map(({ Properties }) => JSON.stringify(Properties));
    expect(
      policies.some((text) => text.includes('cloudwatch.amazonaws.com') && text.includes('aws:SourceAccount')),
    ).toBe(true);
  });

  it('keeps every log for as long as it is told to', () => {
    const logs = resources(made, 'AWS::Logs::LogGroup');
    expect(logs.length).toBeGreaterThan(0);
    for (const { Properties } of logs) expect(Properties['RetentionInDays']).toBe(30);
  });

  it('allows nothing on all resources but what has none of its own', () => {
    for (const { id, Effect, Action, Resource, Condition } of statements(made)) {
      // A condition on the cluster says as much as a resource.
      if (JSON.stringify(Condition)?.includes('ecs:cluster')) continue;
      if (Effect !== 'Allow' || ![Resource].flat().includes('*')) continue;
      for (const action of [Action].flat())
        expect(
          reasonsForAll.some((reason) => reason.test(action)),
          `${id} ${action}`,
        ).toBe(true);
    }
  });

  it('allows no action by a pattern, apart from what the library writes for itself', () => {
    const patterns = statements(made).flatMap(({ id, Action }) =>
      [Action]
        .flat()
        .filter((action) => action.includes('*'))
        .map((action) => `${action} ${id}`),
    );
    const own = patterns.filter((pattern) => !/ Custom(S3Auto|CDKBucket)/.test(pattern));
    expect(own.map((pattern) => pattern.split(' ')[0])).toEqual(
      settings['classifier'] === 'lambda' ? [] : ['ecs:Submit*'],
    );
  });

  it('pays for a NAT gateway only when asked to', () => {
    expect(resources(made, 'AWS::EC2::NatGateway')).toHaveLength(settings['egress'] === 'nat' ? 1 : 0);
    const endpoints = resources(made, 'AWS::EC2::VPCEndpoint').filter(
      ({ Properties }) => Properties['VpcEndpointType'] === 'Interface',
    );
    expect(endpoints.length > 0).toBe(settings['egress'] === 'endpoints');
  });

  it('removes packed crops, and nothing else that is wanted', () => {
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

  it('writes results and packed crops into a bucket that triggers nothing but a look at new parts', () => {
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

  it('has alarms that each name a section of the runbook', () => {
    const headings = readFileSync(join(repository, 'docs/runbook.md'), 'utf8').match(/^## .+$/gm) ?? [];
    const anchors = headings.map((heading) => anchorOf(heading.slice(3)));
    const alarms = resources(made, 'AWS::CloudWatch::Alarm').map(({ Properties }) => ({
      text: z.string().parse(Properties['AlarmDescription']),
      actions: JSON.stringify(Properties['AlarmActions']),
    }));
    const forPeople = alarms.filter(({ actions }) => actions.includes('AlarmsTopic'));
    expect(forPeople.length).toBeGreaterThan(6);
    for (const { text } of forPeople) {
      const [, anchor] = text.match(/docs\/runbook\.md#([a-z0-9-]+)$/) ?? [];
      expect(anchors, text).toContain(anchor);
    }
  });
});

describe('a deployment that is paused', () => {
  it('leaves uploads in their queue, and classifies the crops that there are', () => {
    const sources = resources(
      synthesise({ model, classifier: 'lambda', paused: 'true' }),
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
  it('keeps its buckets and logs when it is destroyed; another removes all', () => {
    const kept = ['AWS::S3::Bucket', 'AWS::Logs::LogGroup'];
    const policies = (settings: Record<string, string>) =>
      new Set(
        kept.flatMap((type) => resources(synthesise(settings), type).map(({ DeletionPolicy }) => DeletionPolicy)),
      );
    expect(policies({ model, stage: 'prod' })).toEqual(new Set(['Retain']));
    expect(policies({ model })).toEqual(new Set(['Delete']));
  });
});

function bucketOf({ BucketName }: z.output<typeof notificationsSchema>): string {
  return z.union([z.string(), z.object({ Ref: z.string() }).transform(({ Ref }) => Ref)]).parse(BucketName);
}

function queuesOf(made: Synthesised) {
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
